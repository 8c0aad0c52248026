package httpapi

import (
	"crypto/rand"
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/origin"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// access says which session an endpoint needs.
type access int

const (
	anyone           access = iota
	optional                // looks at the session, if there is one
	signedIn                // 401 without a session
	signedInSilently        // 401 without a session, and without a word
	freshlySigned           // also 403 if the sign-in is more than a day old
)

// endpoint is one row of the protocol's table: what the pipeline has to know.
type endpoint struct {
	id       string
	method   string
	path     string // below the base path
	summary  string
	body     *schema                       // nil: no body is read
	form     bool                          // takes a form too
	login    bool                          // guarded against cross-site forms
	before   func(*exchange, values) error // judges the members of the body before the schema does
	query    *schema
	callback string // query parameter whose URL must be trusted
	access   access
	asOther  bool // changes something, and yet takes a session of somebody who acts as the user
	answers  *httpx.Schema
	serve    func(*exchange) error
}

// exchange is one request on its way through the pipeline.
type exchange struct {
	*outgoing
	api     *API
	r       *http.Request
	body    values
	query   values
	current account.SignedIn // the zero value without a session; no copy after it was renewed
	bearer  bool             // the session came in the Authorization header
	known   string           // the id that the browser is known by, once it was asked for
}

// route binds an endpoint to the pipeline.
func (a *API) route(e endpoint) httpx.Route {
	return httpx.Route{
		ID: e.id, Method: e.method, Path: basePath + e.path, Guard: httpx.Module(), Errors: httpx.CodeMessage,
		Timeout: 15 * time.Second,
		Doc:     httpx.Doc{Summary: e.summary, Tag: "auth", Request: e.body.openAPI(), Response: e.answers},
		Handle: func(w http.ResponseWriter, r *http.Request) error {
			x := &exchange{outgoing: a.outgoing(w, r), api: a, r: r}
			return x.finish(x.run(e))
		},
	}
}

// run is the pipeline. Its order is the protocol's: limits and captcha come first, and a
// malformed body is refused before anybody asks who is calling.
func (x *exchange) run(e endpoint) error {
	if err := x.api.gate(x.r, e); err != nil {
		return err
	}
	var decoded any = missing{}
	if e.body != nil {
		var err error
		if decoded, err = readBody(x.r, e.form); err != nil {
			return err
		}
	}
	if err := x.checkOrigin(decoded); err != nil {
		return err
	}
	if e.before != nil {
		members, _ := decoded.(map[string]any)
		if err := e.before(x, members); err != nil {
			return err
		}
	}
	if err := x.validate(e, decoded); err != nil {
		return err
	}
	if e.login {
		if err := x.api.Origins.CheckForm(x.browser()); err != nil {
			return err
		}
	}
	if err := x.admit(e); err != nil {
		return err
	}
	if e.body != nil && e.body.anything {
		if err := e.body.checkFields("body", x.body); err != nil {
			return err
		}
	}
	if e.callback != "" {
		if err := x.api.Origins.CheckCallback(x.query.text(e.callback)); err != nil {
			return err
		}
	}
	return e.serve(x)
}

// gate applies the limits per address and, where it is on, the captcha. Both are bound to
// the route, not to the spelling of a path.
func (a *API) gate(r *http.Request, e endpoint) error {
	address := httpx.ClientIP(r)
	if a.Limits != nil {
		if err := a.Limits.Take(address, e.path); err != nil {
			return err
		}
	}
	if a.Captcha != nil && a.Captcha.Guards(e.path) {
		return a.Captcha.Verify(r.Context(), r.Header.Get("X-Captcha-Response"), address)
	}
	return nil
}

func (x *exchange) validate(e endpoint, decoded any) error {
	var err error
	if e.body != nil {
		if x.body, err = e.body.check("body", decoded); err != nil {
			return err
		}
	}
	x.query = x.parameters()
	if e.query != nil {
		x.query, err = e.query.check("query", map[string]any(x.query))
	}
	return err
}

// admit finds the session that the request proves and refuses if the endpoint needs
// another. Using a session may renew it, which sets its cookie anew. Who acts as somebody
// else looks, and changes nothing unless the endpoint says so (ADR 0019).
func (x *exchange) admit(e endpoint) error {
	need := e.access
	if need == anyone {
		return nil
	}
	found, err := x.findSession()
	if err != nil {
		return err
	}
	switch {
	case need == optional:
		return nil
	case !found && need == signedInSilently:
		return errSilent
	case !found:
		return account.ErrUnauthorized
	case x.current.Session.Impersonated() && e.method != http.MethodGet && !e.asOther:
		return errActing
	case need == freshlySigned && !x.current.Session.Fresh(x.api.Now()):
		return errNotFresh
	}
	return nil
}

// browser collects what a browser says of where a request comes from.
func (x *exchange) browser() origin.Request {
	h := x.r.Header
	return origin.Request{
		Method: x.r.Method, Cookies: h.Get("Cookie") != "", Origin: h.Get("Origin"), Referer: h.Get("Referer"),
		SecFetchSite: h.Get("Sec-Fetch-Site"), SecFetchMode: h.Get("Sec-Fetch-Mode"), SecFetchDest: h.Get("Sec-Fetch-Dest"),
	}
}

// checkOrigin refuses cross-site requests and links that lead to places not trusted.
func (x *exchange) checkOrigin(decoded any) error {
	members, _ := decoded.(map[string]any)
	return x.api.Origins.Check(x.browser(), members, x.parameters())
}

// parameters returns those of the query; nil where there is none, as nearly always.
func (x *exchange) parameters() map[string]any {
	if x.r.URL.RawQuery == "" {
		return nil
	}
	return queryValues(x.r.URL.Query())
}

// from says where the request comes from, for the session it may open.
func (x *exchange) from(remember bool) account.Origin {
	ip := ""
	if address := httpx.ClientIP(x.r); address.IsValid() {
		ip = address.String()
	}
	return account.Origin{
		IP: ip, UserAgent: trimmed(x.r.UserAgent()), Remember: remember, Browser: x.browserID(), Actor: x.current.Session.Impersonation.By,
		Locale: x.api.Accounts.Notices.Preferred(x.r.Header.Get("Accept-Language")),
		Device: x.jar.TrustedDevice(x.r.Header.Get("Cookie")),
	}
}

// browserID returns the id that the browser is known by; a new one, which enter hands out,
// if it has none.
func (x *exchange) browserID() string {
	if x.known == "" {
		x.known = x.jar.KnownDeviceID(x.r.Header.Get("Cookie"))
	}
	if x.known == "" {
		x.known = rand.Text()
	}
	return x.known
}

const maxUserAgent = 512

func trimmed(userAgent string) string {
	if len(userAgent) > maxUserAgent {
		userAgent = userAgent[:maxUserAgent]
	}
	return cleanText(userAgent)
}
