package origin

import (
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/weborigin"
)

// Link reports whether a link may be followed: a path here, or a URL that is trusted.
func (p *Policy) Link(link string) bool {
	return weborigin.IsPath(link) || p.trusted.Trusts(link)
}

// CheckCallback refuses a link of a GET endpoint that leads to a place not trusted. An
// empty one leads nowhere.
func (p *Policy) CheckCallback(link string) error {
	if link != "" && !p.Link(link) {
		return ErrCallback
	}
	return nil
}

// checkLinks refuses the first of a request's links that is no text or not trusted.
func (p *Policy) checkLinks(body, query map[string]any) error {
	callback := body["callbackURL"]
	if falsy(callback) {
		callback = query["callbackURL"]
	}
	for _, link := range []struct {
		value any
		label string
		fault *fault.Error
	}{
		{callback, "callbackURL", ErrCallback},
		{body["redirectTo"], "redirectURL", ErrRedirect},
		{body["errorCallbackURL"], "errorCallbackURL", ErrErrorURL},
		{body["newUserCallbackURL"], "newUserCallbackURL", ErrNewUserURL},
	} {
		if falsy(link.value) {
			continue
		}
		text, ok := link.value.(string)
		if !ok {
			return ErrNotText.WithMessage("Invalid " + link.label + ": expected a string")
		}
		if !p.Link(text) {
			return link.fault
		}
	}
	return nil
}

// falsy reports whether JavaScript takes the decoded JSON value for absent.
func falsy(value any) bool {
	return value == nil || value == "" || value == false || value == float64(0)
}
