package httpapi

import (
	"errors"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/cookie"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// maxDeviceSessions is how many accounts one browser may be signed in to at once.
const maxDeviceSessions = 5

var errSessionToken = fault.New(fault.Unauthenticated, "INVALID_SESSION_TOKEN", "Invalid session token")

func (a *API) multiSessionEndpoints() []endpoint {
	named := &schema{fields: []field{{name: "sessionToken"}}}
	return []endpoint{
		{
			id: "multi-session-list", method: "GET", path: "/multi-session/list-device-sessions", summary: "The sessions that this browser holds",
			serve: listDeviceSessions, answers: httpx.SchemaOf[[]sessionAndUser](),
		},
		{
			id: "multi-session-set-active", method: "POST", path: "/multi-session/set-active", summary: "Go on with another session of this browser",
			serve: setActive, body: named, answers: httpx.SchemaOf[sessionAndUser](),
		},
		{
			id: "multi-session-revoke", method: "POST", path: "/multi-session/revoke", summary: "End one of this browser's sessions",
			serve: revokeDevice, access: signedIn, body: named, answers: httpx.SchemaOf[statusAnswer](),
		},
	}
}

// held is a session that the browser holds, with the cookie that holds it.
type held struct {
	cookie.Held
	hash session.Hash
}

// deviceSessions returns what the browser holds, live or not.
func (x *exchange) deviceSessions() []held {
	var all []held
	for _, h := range x.jar.DeviceSessions(x.r.Header.Get("Cookie")) {
		all = append(all, held{h, session.Hash(token.Hash(h.Token))})
	}
	return all
}

// live returns the live ones among the sessions that the browser holds, oldest first.
func (x *exchange) live(all []held) ([]account.SignedIn, error) {
	var live []account.SignedIn
	for _, h := range all {
		found, err := x.api.Accounts.Current(x.r.Context(), h.hash)
		if errors.Is(err, account.ErrUnauthorized) {
			continue
		}
		if err != nil {
			return nil, err
		}
		signed := *found
		signed.Token = h.Token
		live = append(live, signed)
	}
	slices.SortFunc(live, func(a, b account.SignedIn) int { return strings.Compare(a.Session.ID, b.Session.ID) })
	return live, nil
}

// named returns the session that the body names, by its handle or its token: the browser
// must hold it, which is what proves that it may be used.
func (x *exchange) named() (held, bool) {
	name := x.body.text("sessionToken")
	for _, h := range x.deviceSessions() {
		if name == h.Token || name == h.hash.Handle() {
			return h, true
		}
	}
	return held{}, false
}

func listDeviceSessions(x *exchange) error {
	live, err := x.live(x.deviceSessions())
	if err != nil {
		return err
	}
	answers, users := make([]sessionAndUser, 0, len(live)), map[string]bool{}
	for _, s := range live {
		if !users[s.User.ID] {
			answers = append(answers, sessionAndUser{answerSession(s.Session), answerUser(s.User)})
		}
		users[s.User.ID] = true
	}
	return x.json(answers)
}

func setActive(x *exchange) error {
	h, ok := x.named()
	if !ok {
		return errSessionToken
	}
	live, err := x.live([]held{h})
	if err != nil {
		return err
	}
	if len(live) == 0 {
		x.cookies.Add(x.jar.ExpireDevice(h.Held))
		return errSessionToken
	}
	x.setSession(h.Token, live[0].Session.Remember)
	return x.json(sessionAndUser{answerSession(live[0].Session), answerUser(live[0].User)})
}

func revokeDevice(x *exchange) error {
	h, ok := x.named()
	if !ok {
		return errSessionToken
	}
	if err := x.api.Accounts.SignOut(x.r.Context(), h.hash); err != nil {
		return err
	}
	x.cookies.Add(x.jar.ExpireDevice(h.Held))
	if h.hash != x.current.Session.TokenHash {
		return x.json(statusAnswer{true})
	}
	rest, err := x.live(x.deviceSessions())
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		x.setSession(rest[0].Token, rest[0].Session.Remember)
	} else {
		x.expireSession()
	}
	return x.json(statusAnswer{true})
}

// joinDevice adds a new session to those that this browser holds. A session of the same
// user that the browser held before ends: it has been replaced.
func (x *exchange) joinDevice(signed account.SignedIn) error {
	all := x.deviceSessions()
	remaining := len(all)
	for _, h := range all {
		if h.Token == signed.Token { // it has joined already
			return nil
		}
		former, err := x.api.Accounts.Current(x.r.Context(), h.hash)
		if errors.Is(err, account.ErrUnauthorized) {
			continue
		}
		if err != nil {
			return err
		}
		if former.User.ID != signed.User.ID {
			continue
		}
		if err := x.api.Accounts.SignOut(x.r.Context(), former.Session.TokenHash); err != nil {
			return err
		}
		x.cookies.Add(x.jar.ExpireDevice(h.Held))
		remaining--
	}
	if remaining < maxDeviceSessions {
		x.cookies.Add(x.jar.Device(signed.Token))
	}
	return nil
}

// closeDevice ends every session that this browser holds: signing out means all of them.
func (x *exchange) closeDevice() error {
	for _, h := range x.deviceSessions() {
		x.cookies.Add(x.jar.ExpireDevice(h.Held))
		if err := x.api.Accounts.SignOut(x.r.Context(), h.hash); err != nil {
			return err
		}
	}
	return nil
}
