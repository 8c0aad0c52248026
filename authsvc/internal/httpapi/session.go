package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

var (
	errNotFresh     = fault.New(fault.Denied, "SESSION_NOT_FRESH", "Session is not fresh")
	errPostSession  = fault.New(fault.Invalid, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED", "POST method requires deferSessionRefresh to be enabled in session config")
	errFailedToLoad = fault.New(fault.Unauthenticated, "FAILED_TO_GET_SESSION", "Failed to get session")
)

// findSession resolves the credentials of the request and renews the session if that is
// due. A cookie that proves nothing any more is taken back from the browser.
func (x *exchange) findSession() (bool, error) {
	x.cookies.Add(x.jar.ExpireData(x.r.Header.Get("Cookie"))...)
	presented, bearer, ok := x.api.presented(x.r)
	if !ok {
		return false, nil
	}
	current, err := x.api.Accounts.Current(x.r.Context(), session.Hash(token.Hash(presented)))
	if errors.Is(err, account.ErrUnauthorized) {
		x.expireSession()
		return false, nil
	}
	if err != nil {
		return false, err
	}
	x.current, x.bearer = *current, bearer
	if x.api.Cookies.DontRemember(x.r.Header.Get("Cookie")) || x.query.text("disableRefresh") != "" {
		return true, nil
	}
	renewed, done, err := x.api.Accounts.Renew(x.r.Context(), current.Session)
	if errors.Is(err, account.ErrUnauthorized) {
		x.expireSession()
		return false, errFailedToLoad
	}
	if err != nil {
		return false, err
	}
	if done {
		x.current.Session, x.current.Copy = renewed, account.Copy{}
		x.setSession(presented, true)
	}
	return true, nil
}

func getSession(x *exchange) error {
	uncached(x.w.Header())
	if x.current.Session.ID == "" {
		return x.json(nil)
	}
	shown, err := x.show()
	if err != nil {
		return err
	}
	x.expose(authJWT, shown.token)
	return x.encoded(shown.body)
}

// shown is the answer of get-session about one copy of a session, and a token for it.
type shown struct {
	of     account.Copy
	body   []byte
	token  string
	minted time.Time
}

const (
	showFor   = time.Minute // a token is handed out again while nearly all its life is left
	shownHeld = 512         // 2 KB each, and to make one again takes 0.05 ms
)

// show returns the answer about the current session. While the same copy of the session
// counts, which the pipeline has seen to, so does what was made of it.
func (x *exchange) show() (*shown, error) {
	key := [32]byte(x.current.Session.TokenHash)
	if made, ok := x.api.shown.Find(key); ok && made.of == x.current.Copy && x.api.Now().Sub(made.minted).Abs() < showFor {
		return made, nil
	}
	signed, err := x.api.Grants.ClientToken(x.r.Context(), x.current)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(sessionAndUser{answerSession(x.current.Session), answerUser(x.current.User)})
	if err != nil {
		return nil, err
	}
	made := &shown{x.current.Copy, body, signed, x.api.Now()}
	if x.current.Copy != (account.Copy{}) {
		x.api.shown.Keep(key, made)
	}
	return made, nil
}

func postGetSession(x *exchange) error {
	uncached(x.w.Header())
	return withStatus(http.StatusMethodNotAllowed, errPostSession)
}

func listSessions(x *exchange) error {
	sessions, err := x.api.Accounts.Sessions(x.r.Context(), x.current.User.ID)
	if err != nil {
		return err
	}
	answers := make([]sessionAnswer, 0, len(sessions))
	for _, s := range sessions {
		answers = append(answers, answerSession(s))
	}
	return x.json(answers)
}

func revokeSession(x *exchange) error {
	hashes := named(x.body.text("token"))
	if err := x.api.Accounts.RevokeSession(x.r.Context(), x.current.User.ID, hashes...); err != nil {
		return err
	}
	for _, hash := range hashes {
		if hash == x.current.Session.TokenHash {
			x.expireSession()
		}
	}
	return x.json(statusAnswer{true})
}

// named returns the hashes that a text may name a session by: a handle, or the token.
func named(text string) []session.Hash {
	hashes := []session.Hash{session.Hash(token.Hash(text))}
	if handle, ok := session.ParseHandle(text); ok {
		hashes = append(hashes, handle)
	}
	return hashes
}

func revokeSessions(x *exchange) error {
	if err := x.api.Accounts.RevokeSessions(x.r.Context(), x.current.User.ID, ""); err != nil {
		return err
	}
	x.expireSession()
	return x.json(statusAnswer{true})
}

func revokeOtherSessions(x *exchange) error {
	if err := x.api.Accounts.RevokeSessions(x.r.Context(), x.current.User.ID, x.current.Session.ID); err != nil {
		return err
	}
	return x.json(statusAnswer{true})
}
