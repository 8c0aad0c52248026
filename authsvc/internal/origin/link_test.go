package origin_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/origin"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

type members = map[string]any

func TestPolicy_CheckLinks(t *testing.T) {
	t.Parallel()
	const good, bad = "https://t.com/welcome", "https://evil.com/"
	for name, tc := range map[string]struct {
		body, query members
		want        error
	}{
		"no links":                            {nil, nil, nil},
		"good ones":                           {members{"callbackURL": good, "redirectTo": "/a", "errorCallbackURL": "myapp://x", "newUserCallbackURL": good}, nil, nil},
		"a bad callbackURL":                   {members{"callbackURL": bad}, nil, origin.ErrCallback},
		"a bad callbackURL in the query":      {nil, members{"callbackURL": bad}, origin.ErrCallback},
		"an empty one gives way to the query": {members{"callbackURL": ""}, members{"callbackURL": bad}, origin.ErrCallback},
		"the body's hides the query's":        {members{"callbackURL": good}, members{"callbackURL": bad}, nil},
		"a bad redirectTo":                    {members{"redirectTo": bad}, nil, origin.ErrRedirect},
		"redirectTo counts in the body only":  {nil, members{"redirectTo": bad}, nil},
		"a bad errorCallbackURL":              {members{"errorCallbackURL": bad}, nil, origin.ErrErrorURL},
		"a bad newUserCallbackURL":            {members{"newUserCallbackURL": bad}, nil, origin.ErrNewUserURL},
		"the first bad one decides":           {members{"redirectTo": bad, "newUserCallbackURL": bad}, nil, origin.ErrRedirect},
		"absent in the eyes of JavaScript":    {members{"callbackURL": nil, "redirectTo": false, "errorCallbackURL": float64(0), "newUserCallbackURL": ""}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, cookies := range []bool{false, true} { // links are checked either way
				r := origin.Request{Method: "POST", Cookies: cookies, Origin: "https://own.example"}
				if err := policy().Check(r, tc.body, tc.query); !errors.Is(err, tc.want) {
					t.Errorf("Check = %v, want %v", err, tc.want)
				}
			}
		})
	}
}

func TestPolicy_CheckLinksOfOtherTypes(t *testing.T) {
	t.Parallel()
	for message, body := range map[string]members{
		"Invalid callbackURL: expected a string":        {"callbackURL": float64(1)},
		"Invalid redirectURL: expected a string":        {"redirectTo": members{}},
		"Invalid errorCallbackURL: expected a string":   {"errorCallbackURL": []any{"/"}},
		"Invalid newUserCallbackURL: expected a string": {"newUserCallbackURL": true},
	} {
		f := fault.From(policy().Check(origin.Request{Method: "POST"}, body, nil))
		if f == nil || f.Kind.Status() != 400 || f.Code != "" || f.Message != message {
			t.Errorf("Check of %v = %v, want 400 %q without a code", body, f, message)
		}
	}
	repeated := members{"callbackURL": []any{"/a", "https://evil.com"}}
	if err := policy().Check(origin.Request{Method: "POST"}, nil, repeated); err == nil {
		t.Error("a repeated query parameter passes")
	}
}

func TestPolicy_CheckCallback(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]error{
		"": nil, "/": nil, "/a?b": nil, "https://own.example/x": nil, "https://a.w.com/x": nil, "myapp://verified": nil,
		"//evil.com": origin.ErrCallback, "https://evil.com": origin.ErrCallback, "javascript:alert(1)": origin.ErrCallback, "a": origin.ErrCallback,
		"/" + strings.Repeat("a", 8<<10): origin.ErrCallback,
	} {
		if err := policy().CheckCallback(link); !errors.Is(err, want) {
			t.Errorf("CheckCallback(%.60q) = %v, want %v", link, err, want)
		}
	}
}

// FuzzPolicy_Link asks a second parser: whatever may be followed leads where we think.
func FuzzPolicy_Link(f *testing.F) {
	for _, row := range readCorpus(f).Rows {
		f.Add(row.URL)
	}
	p := origin.New("https://own.example", []string{"https://t.com", "https://*.w.com"})
	own, err := url.Parse("https://own.example/base")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, link string) {
		if !p.Link(link) {
			return
		}
		if strings.HasPrefix(link, "/") {
			if to, err := own.Parse(link); err == nil && to.Host != own.Host {
				t.Errorf("%q leads to %s", link, to.Host)
			}
			return
		}
		to, err := url.Parse(link)
		if err != nil {
			return // net/url refuses what is odd in paths; browsers encode it
		}
		host := strings.TrimSuffix(strings.ToLower(to.Host), ":443")
		if to.Scheme != "https" || to.User != nil || (host != "own.example" && host != "t.com" && !strings.HasSuffix(host, ".w.com")) {
			t.Errorf("%q leads to %s://%s", link, to.Scheme, to.Host)
		}
	})
}
