package httpapi

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/cookie"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/mailcode"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/onetime"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// outgoing gathers an answer: cookies first, so that a later one replaces an earlier one
// of its name, then status and body at once.
type outgoing struct {
	w       http.ResponseWriter
	r       *http.Request
	jar     *cookie.Jar
	cookies cookie.Set
}

func (a *API) outgoing(w http.ResponseWriter, r *http.Request) *outgoing {
	return &outgoing{w: w, r: r, jar: a.Cookies}
}

// json answers 200 with value.
func (o *outgoing) json(value any) error {
	o.cookies.Write(o.w.Header())
	return httpx.WriteJSON(o.w, value)
}

// encoded answers 200 with a value that is JSON already.
func (o *outgoing) encoded(body []byte) error {
	o.cookies.Write(o.w.Header())
	return httpx.WriteBody(o.w, http.StatusOK, mediaJSON, body)
}

// redirect answers 302 to a URL that has been checked.
func (o *outgoing) redirect(to string) error {
	o.cookies.Write(o.w.Header())
	o.w.Header().Set("Location", to)
	o.w.Header().Set("Content-Type", mediaJSON)
	o.w.WriteHeader(http.StatusFound)
	return nil
}

// finish answers with an error of the pipeline or the endpoint, in the protocol's shape.
// Cookies ride on errors too: one that proves nothing must go.
func (o *outgoing) finish(err error) error {
	if err == nil {
		return nil
	}
	f := fault.From(err)
	if f.Is(throttle.ErrLimited) {
		return o.limited(f)
	}
	switch f.Kind {
	case fault.Internal, fault.Unavailable, fault.Overloaded, fault.Deadline, fault.Exhausted, fault.TooLarge:
		return err // the table's pipeline answers these, and logs what needs a person
	default:
	}
	status := statusOf(f)
	if chosen, ok := errors.AsType[*statusError](err); ok {
		status = chosen.status
	}
	o.cookies.Write(o.w.Header())
	o.w.Header().Set(httpx.FaultHeader, f.Code)
	if f.Is(errSilent) {
		o.w.Header().Set("Content-Type", mediaJSON)
		o.w.WriteHeader(status)
		return nil
	}
	answer := errorAnswer{f.Message, f.Code}
	if messageOnly(f) {
		answer.Code = ""
	}
	return httpx.WriteStatus(o.w, status, answer)
}

// messageOnly reports whether the protocol answers a fault without a code.
func messageOnly(f *fault.Error) bool {
	return f.Is(errNoFields) || f.Is(account.ErrSameEmail) || f.Is(account.ErrNotImpersonating) || f.Is(account.ErrAdminSession) || f.Is(errNoPermission) ||
		f.Is(onetime.ErrInvalid) || f.Is(onetime.ErrNoSession) ||
		f.Is(errCodeType) || f.Is(mailcode.ErrEmailInUse) || f.Is(mailcode.ErrCodeRequired)
}

// errSilent is a refusal that the protocol answers with a bare status.
var errSilent = fault.New(fault.Unauthenticated, "UNAUTHENTICATED", "")

// limited answers a call beyond the limit: the protocol's header beside the standard one
// (RFC 9110, section 10.2.3), and no code.
func (o *outgoing) limited(f *fault.Error) error {
	after := seconds(f.RetryAfter)
	header := o.w.Header()
	header.Set("X-Retry-After", after)
	header.Set("Retry-After", after)
	header.Set(httpx.FaultHeader, f.Code)
	return httpx.WriteStatus(o.w, http.StatusTooManyRequests, errorAnswer{Message: f.Message})
}

// seconds writes a pause in whole seconds, at least one.
func seconds(pause time.Duration) string {
	return strconv.Itoa(max(1, int((pause+time.Second-1)/time.Second)))
}

type errorAnswer struct {
	Message string `json:"message"`
	Code    string `json:"code,omitempty"`
}

// exposed is a header that scripts of other origins may read, as it is set and as it is listed.
type exposed struct{ name, listed string }

var (
	authToken = exposed{"Set-Auth-Token", "set-auth-token"}
	authJWT   = exposed{"Set-Auth-Jwt", "set-auth-jwt"}
)

func (o *outgoing) expose(e exposed, value string) {
	header, list := o.w.Header(), e.listed
	header[e.name] = []string{value}
	if before := header.Get("Access-Control-Expose-Headers"); before != "" {
		list = before + ", " + list
	}
	header["Access-Control-Expose-Headers"] = []string{list}
}

// Shared by all answers, of which nobody changes a header but by replacing it.
var (
	noStore = []string{"no-store"}
	noCache = []string{"no-cache"}
)

// uncached keeps an answer out of every cache, old ones too.
func uncached(header http.Header) { header["Cache-Control"], header["Pragma"] = noStore, noCache }

// setSession gives the browser the session's token, and everybody else a header with it.
func (o *outgoing) setSession(token string, remember bool) {
	o.cookies.Add(o.jar.Session(token, remember, o.r.Header.Get("Cookie"))...)
	o.expose(authToken, o.jar.Signed(token))
}

// expireSession takes the session's cookies back.
func (o *outgoing) expireSession() { o.cookies.Add(o.jar.ExpireSession()...) }

// enter is the one place where a new session is handed out: its cookie, the one that lists
// it among the device's sessions, the one by which the browser is known from now on, and the
// hint of how its user signed in last, "" for none. Then the answer follows. A sign-in that
// is asked for a second factor gets the question.
func (x *exchange) enter(signed account.SignedIn, method string, answer func() error) error {
	if signed.Asked != nil {
		x.ask(signed, method)
		return x.json(askedAnswer{true, signed.Asked.Ways})
	}
	return x.handOut(signed, method, answer, x.trust(signed)...)
}

// enterByLink is enter for a link that a browser follows: the question for a second factor
// goes to the page at the callback, as a parameter (ADR 0013).
func (x *exchange) enterByLink(signed account.SignedIn, method, callback string, answer func() error) error {
	if signed.Asked != nil && callback != "" {
		x.ask(signed, method)
		return x.redirect(withParameters(callback, url.Values{"twoFactorRedirect": {"true"}}))
	}
	return x.enter(signed, method, answer)
}

// handOut sets the cookies of a session, and beside them those that come with it.
func (x *exchange) handOut(signed account.SignedIn, method string, answer func() error, beside ...cookie.Cookie) error {
	x.setSession(signed.Token, signed.Session.Remember)
	x.cookies.Add(beside...)
	if err := x.joinDevice(signed); err != nil {
		return err
	}
	if err := x.leaveAnonymous(signed); err != nil {
		return err
	}
	x.cookies.Add(x.jar.KnownDevice(x.browserID()))
	x.hint(method)
	return answer()
}

// trust returns the cookie of a browser that is trusted from now on, if it is.
func (x *exchange) trust(signed account.SignedIn) []cookie.Cookie {
	if signed.Device == "" {
		return nil
	}
	return []cookie.Cookie{x.jar.TrustDevice(signed.User.ID, signed.Device)}
}

// ask gives the browser the challenge in place of a session.
func (x *exchange) ask(signed account.SignedIn, method string) {
	header := x.r.Header.Get("Cookie")
	if x.jar.TrustedDevice(header) != "" {
		x.cookies.Add(x.jar.ExpireTrust())
	}
	x.cookies.Add(x.jar.Challenge(signed.Asked.ID, signed.Asked.Remember, header)...)
	x.hint(method)
}

// hint tells the sign-in form how its user signed in last.
func (x *exchange) hint(method string) {
	if method != "" {
		x.cookies.Add(x.jar.LastMethod(method))
	}
}

// presented returns the session token that a request carries, and whether it came in the
// Authorization header.
func (a *API) presented(r *http.Request) (token string, bearer, ok bool) {
	return a.Cookies.Presented(r.Header.Get("Authorization"), r.Header.Get("Cookie"))
}

// absolute resolves a relative callback against the public origin.
func (a *API) absolute(callback string) string {
	if strings.HasPrefix(callback, "/") {
		return a.Base + callback
	}
	return callback
}

// withParameter sets a query parameter of a URL that has been checked. The others keep
// their order.
func withParameter(to, name, value string) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	var pairs []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		parsed, err := url.ParseQuery(pair)
		if _, same := parsed[name]; pair != "" && err == nil && !same {
			pairs = append(pairs, parsed.Encode())
		}
	}
	u.RawQuery = strings.Join(append(pairs, url.Values{name: {value}}.Encode()), "&")
	return u.String()
}
