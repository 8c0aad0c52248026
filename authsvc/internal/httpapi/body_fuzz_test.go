package httpapi

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// FuzzReadBody feeds bodies to the reader and to the schema of every endpoint: whatever
// comes, it is taken or refused as the caller's fault, and no schema breaks on it.
func FuzzReadBody(f *testing.F) {
	endpoints := (&API{}).endpoints()
	for _, body := range []string{
		`{"email":"ada@example.com","password":"x","rememberMe":false}`, `{"a":[{"b":null}]}`, "null", "[]", `"x"`, "1e999", `{"email":1}`, "{", "\xff", "",
		`{"permissions":{"user":["list"]}}`, `{"accountId":"1","useAccountCookie":true}`, `{"scopes":[1,"a"],"idToken":{"token":1}}`, "a=b&a=c&%zz", "{\"a\":\"\\ud800\"}",
	} {
		f.Add(body, "application/json")
		f.Add(body, "application/x-www-form-urlencoded")
	}
	f.Fuzz(func(t *testing.T, body, media string) {
		for _, e := range endpoints {
			if e.body == nil {
				continue
			}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
			r.Header = http.Header{"Content-Type": {media}}
			decoded, err := readBody(r, e.form)
			if err == nil {
				var members values
				if members, err = e.body.check("body", decoded); err == nil {
					err = e.body.checkFields("body", members)
				}
			}
			if err != nil && fault.KindOf(err) != fault.Invalid {
				t.Fatalf("%s: %v is not the caller's fault", e.id, err)
			}
		}
	})
}

// FuzzClientOf reads client credentials from the header and the body: none are accepted
// that were not sent.
func FuzzClientOf(f *testing.F) {
	for _, header := range []string{"", "Basic YTpi", "basic YTpi", "Basic YQ==", "Basic " + strings.Repeat("A", 100), "Bearer x", "Basic %%", "Basic JTNBOg=="} {
		f.Add(header, "client_id=a&client_secret=b")
		f.Add(header, "")
	}
	f.Fuzz(func(t *testing.T, header, body string) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		r.Header = http.Header{"Authorization": {header}}
		client, err := clientOf(r, form)
		refused := &fault.Error{}
		switch {
		case err != nil && !errors.As(err, &refused):
			t.Fatalf("%v is no fault", err)
		case err == nil && header != "" && form.Has("client_secret"):
			t.Fatal("two ways to authenticate were accepted")
		case err == nil && header == "" && client.ID != form.Get("client_id"):
			t.Fatalf("%q came from nowhere", client.ID)
		}
	})
}
