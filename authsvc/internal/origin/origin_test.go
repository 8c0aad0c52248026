package origin_test

import (
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/origin"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

func policy() *origin.Policy {
	return origin.New("https://own.example", []string{"https://t.com", "https://*.w.com", "myapp://"})
}

// request is a POST as a browser sends it from our own page, changed by the test.
func request(change func(*origin.Request)) origin.Request {
	r := origin.Request{Method: "POST", Cookies: true, Origin: "https://own.example"}
	change(&r)
	return r
}

// TestPolicy_CheckSource is section 5.1 of the wire contract (ASVS V3.5.1).
func TestPolicy_CheckSource(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		request origin.Request
		want    error
	}{
		"our own origin":                        {request(func(*origin.Request) {}), nil},
		"a trusted origin":                      {request(func(r *origin.Request) { r.Origin = "https://t.com" }), nil},
		"a trusted origin in upper case":        {request(func(r *origin.Request) { r.Origin = "HTTPS://T.COM" }), nil},
		"a trusted family":                      {request(func(r *origin.Request) { r.Origin = "https://a.b.w.com" }), nil},
		"a native app":                          {request(func(r *origin.Request) { r.Origin = "myapp://" }), nil},
		"another port":                          {request(func(r *origin.Request) { r.Origin = "https://t.com:8443" }), origin.ErrOrigin},
		"another scheme":                        {request(func(r *origin.Request) { r.Origin = "http://t.com" }), origin.ErrOrigin},
		"a foreign origin":                      {request(func(r *origin.Request) { r.Origin = "https://evil.com" }), origin.ErrOrigin},
		"a path as Origin":                      {request(func(r *origin.Request) { r.Origin = "/" }), origin.ErrOrigin},
		"two origins":                           {request(func(r *origin.Request) { r.Origin = "https://t.com https://evil.com" }), origin.ErrOrigin},
		"no Origin, no Referer":                 {request(func(r *origin.Request) { r.Origin = "" }), origin.ErrMissing},
		"Origin null":                           {request(func(r *origin.Request) { r.Origin = "null" }), origin.ErrMissing},
		"Origin null and a Referer":             {request(func(r *origin.Request) { r.Origin, r.Referer = "null", "https://t.com/" }), origin.ErrMissing},
		"Origin null on our own page":           {request(func(r *origin.Request) { r.Origin, r.SecFetchSite = "null", "same-origin" }), nil},
		"Origin null from a sister site":        {request(func(r *origin.Request) { r.Origin, r.SecFetchSite = "null", "same-site" }), origin.ErrMissing},
		"a trusted Referer instead":             {request(func(r *origin.Request) { r.Origin, r.Referer = "", "https://t.com/a?b" }), nil},
		"a foreign Referer instead":             {request(func(r *origin.Request) { r.Origin, r.Referer = "", "https://evil.com/https://t.com" }), origin.ErrOrigin},
		"Referer null":                          {request(func(r *origin.Request) { r.Origin, r.Referer = "", "null" }), origin.ErrMissing},
		"a foreign Origin with a good Referer":  {request(func(r *origin.Request) { r.Origin, r.Referer = "https://evil.com", "https://t.com/" }), origin.ErrOrigin},
		"no cookies, whatever the origin":       {request(func(r *origin.Request) { r.Cookies, r.Origin = false, "https://evil.com" }), nil},
		"GET, whatever the origin":              {request(func(r *origin.Request) { r.Method, r.Origin = "GET", "https://evil.com" }), nil},
		"HEAD, whatever the origin":             {request(func(r *origin.Request) { r.Method, r.Origin = "HEAD", "https://evil.com" }), nil},
		"OPTIONS, whatever the origin":          {request(func(r *origin.Request) { r.Method, r.Origin = "OPTIONS", "https://evil.com" }), nil},
		"a method in lower case is not safe":    {request(func(r *origin.Request) { r.Method, r.Origin = "get", "https://evil.com" }), origin.ErrOrigin},
		"DELETE from a foreign origin":          {request(func(r *origin.Request) { r.Method, r.Origin = "DELETE", "https://evil.com" }), origin.ErrOrigin},
		"an unknown method from a foreign site": {request(func(r *origin.Request) { r.Method, r.Origin = "BREW", "https://evil.com" }), origin.ErrOrigin},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := policy().Check(tc.request, nil, nil); !errors.Is(err, tc.want) {
				t.Errorf("Check = %v, want %v", err, tc.want)
			}
		})
	}
}

// TestPolicy_CheckForm is section 5.2 of the wire contract.
func TestPolicy_CheckForm(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		request origin.Request
		want    error
	}{
		"curl":                                   {origin.Request{}, nil},
		"with cookies Check has judged":          {origin.Request{Cookies: true, Origin: "https://evil.com"}, nil},
		"a cross-site navigation":                {origin.Request{SecFetchSite: "cross-site", SecFetchMode: "navigate", Origin: "https://evil.com"}, origin.ErrCrossSite},
		"a cross-site navigation from a friend":  {origin.Request{SecFetchSite: "cross-site", SecFetchMode: "navigate", Origin: "https://t.com"}, origin.ErrCrossSite},
		"a cross-site fetch from a friend":       {origin.Request{SecFetchSite: "cross-site", SecFetchMode: "cors", Origin: "https://t.com"}, nil},
		"a cross-site fetch from a stranger":     {origin.Request{SecFetchSite: "cross-site", SecFetchMode: "cors", Origin: "https://evil.com"}, origin.ErrOrigin},
		"a navigation on our own site":           {origin.Request{SecFetchSite: "same-origin", SecFetchMode: "navigate", Origin: "https://own.example"}, nil},
		"a browser that hides its origin":        {origin.Request{SecFetchDest: "empty"}, origin.ErrMissing},
		"a browser that sends blank metadata":    {origin.Request{SecFetchSite: " ", SecFetchMode: " "}, nil},
		"no metadata, a trusted Origin":          {origin.Request{Origin: "https://t.com"}, nil},
		"no metadata, a foreign Origin":          {origin.Request{Origin: "https://evil.com"}, origin.ErrOrigin},
		"no metadata, Origin null":               {origin.Request{Origin: "null"}, origin.ErrMissing},
		"no metadata, a trusted Referer":         {origin.Request{Referer: "https://t.com/sign-in"}, nil},
		"no metadata, a foreign Referer":         {origin.Request{Referer: "https://evil.com/"}, origin.ErrOrigin},
		"no metadata, a Referer on http instead": {origin.Request{Referer: "http://t.com/"}, origin.ErrOrigin},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.request.Method = "POST"
			if err := policy().CheckForm(tc.request); !errors.Is(err, tc.want) {
				t.Errorf("CheckForm = %v, want %v", err, tc.want)
			}
		})
	}
}

func TestFaults_AreTheProtocols(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		fault         *fault.Error
		code, message string
	}{
		{origin.ErrMissing, "MISSING_OR_NULL_ORIGIN", "Missing or null Origin"},
		{origin.ErrOrigin, "INVALID_ORIGIN", "Invalid origin"},
		{origin.ErrCrossSite, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED", "Cross-site navigation login blocked. This request appears to be a CSRF attack."},
		{origin.ErrCallback, "INVALID_CALLBACK_URL", "Invalid callbackURL"},
		{origin.ErrRedirect, "INVALID_REDIRECT_URL", "Invalid redirectURL"},
		{origin.ErrErrorURL, "INVALID_ERROR_CALLBACK_URL", "Invalid errorCallbackURL"},
		{origin.ErrNewUserURL, "INVALID_NEW_USER_CALLBACK_URL", "Invalid newUserCallbackURL"},
	} {
		if tc.fault.Code != tc.code || tc.fault.Message != tc.message || tc.fault.Kind.Status() != 403 {
			t.Errorf("%v is not 403 %s %q", tc.fault, tc.code, tc.message)
		}
	}
}
