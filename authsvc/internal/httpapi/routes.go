package httpapi

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/admin"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/captcha"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/cookie"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/grant"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/magiclink"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/mailcode"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/onetime"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/origin"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/phone"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/social"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/twofactor"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

const basePath = "/api/auth"

// Config is what the API stands on. Limits and Captcha may be nil: then there are none.
type Config struct {
	Limits     *throttle.Limiter
	Captcha    *captcha.Client
	Accounts   *account.Service
	Grants     *grant.Service
	Linked     *linked.Service
	OneTime    *onetime.Service
	Social     *social.Service
	Admin      *admin.Service
	Factors    *twofactor.Service
	MailCodes  *mailcode.Service
	MagicLinks *magiclink.Service
	Phones     *phone.Service
	Cookies    *cookie.Jar
	Origins    *origin.Policy
	Base       string // the public origin
	Now        func() time.Time
}

// API serves the protocol.
type API struct {
	Config
	shown     *epoch.Copies[*shown] // by the hash of the session's token
	described func() described
}

// New returns the API.
func New(c Config) *API {
	a := &API{Config: c, shown: epoch.NewCopies[*shown](shownHeld)}
	a.described = sync.OnceValue(a.describe)
	return a
}

// CheckCaptcha says which path is to be guarded by a captcha and does not exist, if any.
func (a *API) CheckCaptcha() error {
	if a.Captcha == nil {
		return nil
	}
	var paths []string
	for _, e := range a.endpoints() {
		paths = append(paths, e.path)
	}
	if path := a.Captcha.Unmatched(paths); path != "" {
		return fmt.Errorf("there is no endpoint %q", path)
	}
	return nil
}

// Routes is the module's route table.
func (a *API) Routes() []httpx.Route {
	var routes []httpx.Route
	for _, e := range a.endpoints() {
		routes = append(routes, a.route(e))
	}
	return slices.Concat(routes, a.oauthRoutes(), a.metadataRoutes())
}

// endpoints is the protocol's table. Each concept has its rows in its own file.
func (a *API) endpoints() []endpoint {
	return slices.Concat(
		a.signEndpoints(),
		a.mailEndpoints(),
		a.passwordEndpoints(),
		a.alertEndpoints(),
		a.multiSessionEndpoints(),
		a.oneTimeEndpoints(),
		a.anonymousEndpoints(),
		a.profileEndpoints(),
		a.emailEndpoints(),
		a.deletionEndpoints(),
		a.usernameEndpoints(),
		a.linkedEndpoints(),
		a.socialEndpoints(),
		a.adminEndpoints(),
		a.twoFactorEndpoints(),
		a.mailCodeEndpoints(),
		a.magicLinkEndpoints(),
		a.openAPIEndpoints(),
		a.phoneEndpoints(),
	)
}

func (a *API) signEndpoints() []endpoint {
	return []endpoint{
		{
			id: "sign-up-email", method: "POST", path: "/sign-up/email", summary: "Create an account and sign in", serve: signUp,
			form: true, login: true, before: fillUsername, answers: httpx.SchemaOf[signUpAnswer](),
			body: &schema{record: true, fields: []field{
				{name: "name"},
				{name: "email", kind: email},
				{name: "password", kind: nonEmpty},
				{name: "image", optional: true},
				{name: "callbackURL", optional: true},
				{name: "rememberMe", kind: boolean, optional: true},
				{name: "username", optional: true, nullable: true},
				{name: "displayUsername", optional: true, nullable: true},
			}},
		},
		{
			id: "sign-in-email", method: "POST", path: "/sign-in/email", summary: "Sign in with a password", serve: signIn,
			form: true, login: true, answers: httpx.SchemaOf[signInAnswer](),
			body: &schema{fields: []field{
				{name: "email"}, {name: "password"}, {name: "callbackURL", optional: true}, {name: "rememberMe", kind: boolean, optional: true},
			}},
		},
		{
			id: "sign-out", method: "POST", path: "/sign-out", summary: "End the session", serve: signOut, form: true, answers: httpx.SchemaOf[successAnswer](),
			body: &schema{optional: true, fields: []field{
				{name: "callbackURL", optional: true}, {name: "disableRedirect", kind: boolean, optional: true}, {name: "state", optional: true},
			}},
		},
		{
			id: "get-session", method: "GET", path: "/get-session", summary: "The session and its user, or null", serve: getSession,
			access: optional, answers: httpx.SchemaOf[sessionAndUser](),
		},
		{id: "post-get-session", method: "POST", path: "/get-session", summary: "Refused: sessions renew on GET", serve: postGetSession},
		{
			id: "list-sessions", method: "GET", path: "/list-sessions", summary: "The user's live sessions", serve: listSessions,
			access: freshlySigned, answers: httpx.SchemaOf[[]sessionAnswer](),
		},
		{
			id: "revoke-session", method: "POST", path: "/revoke-session", summary: "End one session, named by its token field", serve: revokeSession,
			access: signedIn, body: &schema{fields: []field{{name: "token"}}}, answers: httpx.SchemaOf[statusAnswer](),
		},
		{
			id: "revoke-sessions", method: "POST", path: "/revoke-sessions", summary: "End all sessions of the user", serve: revokeSessions,
			access: signedIn, answers: httpx.SchemaOf[statusAnswer](),
		},
		{
			id: "revoke-other-sessions", method: "POST", path: "/revoke-other-sessions", summary: "End all sessions but this one", serve: revokeOtherSessions,
			access: signedIn, answers: httpx.SchemaOf[statusAnswer](),
		},
	}
}

func (a *API) mailEndpoints() []endpoint {
	return []endpoint{
		{
			id: "send-verification-email", method: "POST", path: "/send-verification-email", summary: "Mail a link that confirms the address",
			serve: sendVerification, access: optional, answers: httpx.SchemaOf[statusAnswer](),
			body: &schema{fields: []field{{name: "email", kind: email}, {name: "callbackURL", optional: true}}},
		},
		{
			id: "verify-email", method: "GET", path: "/verify-email", summary: "Confirm an address with a mailed token", serve: verifyEmail,
			callback: "callbackURL", access: optional,
			query: &schema{fields: []field{{name: "token"}, {name: "callbackURL", optional: true}}},
		},
		{
			id: "request-password-reset", method: "POST", path: "/request-password-reset", summary: "Mail a link to choose a new password",
			serve: requestReset, answers: httpx.SchemaOf[resetRequested](),
			body: &schema{fields: []field{{name: "email", kind: email}, {name: "redirectTo", optional: true}}},
		},
		{
			id: "reset-password-callback", method: "GET", path: "/reset-password/{token}", summary: "Lead a mailed link on to the front end",
			serve: resetCallback, callback: "callbackURL", query: &schema{fields: []field{{name: "callbackURL"}}},
		},
		{
			id: "reset-password", method: "POST", path: "/reset-password", summary: "Set a new password with a mailed token", serve: resetPassword,
			body: &schema{fields: []field{{name: "newPassword"}, {name: "token", optional: true}}}, answers: httpx.SchemaOf[statusAnswer](),
		},
		{
			id: "token", method: "GET", path: "/token", summary: "A signed token (JWT) for the session", serve: clientToken,
			access: signedIn, answers: httpx.SchemaOf[tokenAnswer](),
		},
		{id: "jwks", method: "GET", path: "/jwks", summary: "The keys that verify tokens (RFC 7517)", serve: jwks},
		{id: "ok", method: "GET", path: "/ok", summary: "Says that the protocol answers", serve: ok, answers: httpx.SchemaOf[okAnswer]()},
		{id: "error", method: "GET", path: "/error", summary: "A page that tells a person what went wrong", serve: errorPage},
	}
}
