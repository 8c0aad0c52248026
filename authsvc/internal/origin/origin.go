package origin

import (
	"cmp"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/weborigin"
)

// Faults, with the protocol's codes.
var (
	ErrMissing    = fault.New(fault.Denied, "MISSING_OR_NULL_ORIGIN", "Missing or null Origin")
	ErrOrigin     = fault.New(fault.Denied, "INVALID_ORIGIN", "Invalid origin")
	ErrCrossSite  = fault.New(fault.Denied, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED", "Cross-site navigation login blocked. This request appears to be a CSRF attack.")
	ErrCallback   = fault.New(fault.Denied, "INVALID_CALLBACK_URL", "Invalid callbackURL")
	ErrRedirect   = fault.New(fault.Denied, "INVALID_REDIRECT_URL", "Invalid redirectURL")
	ErrErrorURL   = fault.New(fault.Denied, "INVALID_ERROR_CALLBACK_URL", "Invalid errorCallbackURL")
	ErrNewUserURL = fault.New(fault.Denied, "INVALID_NEW_USER_CALLBACK_URL", "Invalid newUserCallbackURL")
	ErrNotText    = fault.New(fault.Invalid, "", "") // the protocol has a message for it, and no code
)

// Policy is what an installation trusts. It is immutable, and safe for concurrent use.
type Policy struct{ trusted weborigin.Set }

// New returns the Policy that trusts the origin of the installation's own URL and the
// given patterns. A pattern with a fault trusts nothing.
func New(own string, others []string) *Policy {
	return &Policy{weborigin.New(append([]string{weborigin.Of(own)}, others...)...)}
}

// Request is what a browser says of where a request comes from.
type Request struct {
	Method       string
	Cookies      bool // it came with a Cookie header, of whatever content
	Origin       string
	Referer      string
	SecFetchSite string
	SecFetchMode string
	SecFetchDest string
}

// safe reports whether the method promises to change nothing (RFC 9110, section 9.2.1).
func (r Request) safe() bool { return r.Method == "GET" || r.Method == "HEAD" || r.Method == "OPTIONS" }

// Check refuses a request that changes something and comes with cookies from a place that
// is not trusted, and one whose links, in body or query, lead to such a place.
func (p *Policy) Check(r Request, body, query map[string]any) error {
	if r.safe() {
		return nil
	}
	if r.Cookies {
		if err := p.checkSource(r); err != nil {
			return err
		}
	}
	return p.checkLinks(body, query)
}

// CheckForm guards endpoints that a plain HTML form could reach without cookies: a
// cross-site navigation is refused, and what a browser sends must name a trusted origin.
// A client that is no browser sends nothing of the kind and passes.
func (p *Policy) CheckForm(r Request) error {
	switch {
	case r.Cookies:
		return nil // Check has judged it
	case strings.TrimSpace(r.SecFetchSite+r.SecFetchMode+r.SecFetchDest) != "":
		if r.SecFetchSite == "cross-site" && r.SecFetchMode == "navigate" {
			return ErrCrossSite
		}
		return p.checkSource(r)
	case r.Origin != "" || r.Referer != "":
		return p.checkSource(r)
	}
	return nil
}

// checkSource judges Origin or, where there is none, Referer.
func (p *Policy) checkSource(r Request) error {
	if r.Origin == "null" && r.SecFetchSite == "same-origin" {
		return nil
	}
	source := cmp.Or(r.Origin, r.Referer)
	switch {
	case source == "" || source == "null":
		return ErrMissing
	case p.trusted.Trusts(source):
		return nil
	}
	return ErrOrigin
}
