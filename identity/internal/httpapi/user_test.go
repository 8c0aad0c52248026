package httpapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/identity/internal/identitytest"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

func TestAPI_Me(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.Administrator(t, "admin@example.com")
	clerk := w.With(t, admin, "clerk", "orders:read")
	got := want(t, w.serve(t, request{route: "me", target: "/api/v1/me", from: clerk}), http.StatusOK, "")
	stamp := w.Clock.Now().UTC().Format("2006-01-02T15:04:05")
	for _, name := range []string{"created_at", "updated_at"} {
		if text, _ := got[name].(string); !strings.HasPrefix(text, stamp) || !strings.HasSuffix(text, "Z") {
			t.Errorf("%s is %q", name, text)
		}
		delete(got, name)
	}
	expected := map[string]any{
		"id": string(clerk), "email": "clerk@example.com", "email_verified": false, "name": "Ada", "image": nil,
		"username": nil, "display_username": nil, "phone_number": nil, "phone_number_verified": false, "anonymous": false,
		"locale": nil, "banned": false, "ban_reason": nil, "ban_expires": nil,
		"roles": []any{"clerk", "user"}, "permissions": []any{"orders:read"},
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Error(diff)
	}
	t.Run("asks credentials that have outlived their user to sign in", func(t *testing.T) {
		t.Parallel()
		call := request{route: "me", target: "/api/v1/me", from: identitytest.NewID(t)}
		want(t, w.serve(t, call), http.StatusUnauthorized, "identity.unauthenticated")
	})
}

func TestAPI_FindUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.Administrator(t, "admin@example.com")
	for name, c := range map[string]struct {
		id     string
		status int
		code   string
	}{
		"returns a user":                {string(admin), http.StatusOK, ""},
		"does not know another id":      {string(identitytest.NewID(t)), http.StatusNotFound, "identity.user_unknown"},
		"refuses what is no id":         {"1", http.StatusBadRequest, "identity.user_id_invalid"},
		"refuses an id in upper case":   {strings.ToUpper(string(admin)), http.StatusBadRequest, "identity.user_id_invalid"},
		"refuses SQL":                   {"'%20or%20true%20--", http.StatusBadRequest, "identity.user_id_invalid"},
		"refuses a NUL character in it": {"%00", http.StatusBadRequest, "identity.user_id_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := want(t, w.serve(t, request{route: "users-find", target: "/api/v1/users/" + c.id, from: admin}), c.status, c.code)
			if c.code == "" && got["id"] != c.id {
				t.Errorf("body %v", got)
			}
		})
	}
}

func TestAPI_FindUserShowsProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin, ada := w.Administrator(t, "admin@example.com"), w.SignUp(t, "ada@example.com")
	patch := user.Patch{
		Username: new("ada"), DisplayUsername: new("Ada"), PhoneNumber: new("+4930123456"), PhoneNumberVerified: new(true),
		Anonymous: new(true), Locale: new("de-AT"), Image: new("https://example.com/ada.png"),
	}
	if _, err := w.Users.Update(t.Context(), ada.ID, patch, "test"); err != nil {
		t.Fatal(err)
	}
	got := want(t, w.serve(t, request{route: "users-find", target: "/api/v1/users/" + string(ada.ID), from: admin}), http.StatusOK, "")
	delete(got, "created_at")
	delete(got, "updated_at")
	expected := map[string]any{
		"id": string(ada.ID), "email": "ada@example.com", "email_verified": false, "name": "Ada", "image": "https://example.com/ada.png",
		"username": "ada", "display_username": "Ada", "phone_number": "+4930123456", "phone_number_verified": true, "anonymous": true,
		"locale": "de-AT", "banned": false, "ban_reason": nil, "ban_expires": nil, "roles": []any{"user"},
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Error(diff)
	}
}

// Covers Ory Kratos CVE-2026-33503; ASVS V2.2.1, V15.3.7.
func TestAPI_ListUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.Administrator(t, "zoe@example.com")
	var expected []string
	for i := range 5 {
		expected = append(expected, w.SignUp(t, fmt.Sprintf("ada%d@example.com", i)).Email)
	}
	t.Run("returns each user once, page by page", func(t *testing.T) {
		t.Parallel()
		var seen []string
		for cursor, pages := "", 0; ; pages++ {
			if pages > 3 {
				t.Fatal("the pages do not end")
			}
			target := "/api/v1/users?email=ADA&limit=2&cursor=" + url.QueryEscape(cursor)
			got := want(t, w.serve(t, request{route: "users-list", target: target, from: admin}), http.StatusOK, "")
			users, _ := got["users"].([]any)
			for _, u := range users {
				entry, _ := u.(map[string]any)
				seen = append(seen, fmt.Sprint(entry["email"]))
				if _, large := entry["image"]; large {
					t.Error("the list holds images")
				}
			}
			if cursor, _ = got["next"].(string); cursor == "" {
				break
			}
			if strings.Contains(cursor, "ada") {
				t.Errorf("cursor %q shows an address", cursor)
			}
		}
		if !slices.Equal(seen, expected) {
			t.Errorf("saw %q; want %q", seen, expected)
		}
	})
	t.Run("answers an empty list for nobody", func(t *testing.T) {
		t.Parallel()
		got := want(t, w.serve(t, request{route: "users-list", target: "/api/v1/users?email=nobody", from: admin}), http.StatusOK, "")
		if diff := cmp.Diff(map[string]any{"users": []any{}}, got); diff != "" {
			t.Error(diff)
		}
	})
	first := want(t, w.serve(t, request{route: "users-list", target: "/api/v1/users?limit=1", from: admin}), http.StatusOK, "")
	for name, c := range map[string]struct{ query, code string }{
		"refuses no entries":                     {"limit=0", "identity.query_invalid"},
		"refuses more than the cap":              {"limit=101", "identity.query_invalid"},
		"refuses a limit that is no number":      {"limit=ten", "identity.query_invalid"},
		"refuses a parameter it does not know":   {"offset=1", "identity.query_invalid"},
		"refuses a parameter given twice":        {"limit=1&limit=2", "identity.query_invalid"},
		"refuses a query string it cannot read":  {"limit=%zz", "identity.query_invalid"},
		"refuses a made-up cursor (row 53)":      {"cursor=ada@example.com", "identity.cursor_invalid"},
		"refuses a cursor of another search":     {"email=a&cursor=" + fmt.Sprint(first["next"]), "identity.cursor_invalid"},
		"refuses a NUL character in the address": {"email=%00", "identity.prefix_invalid"},
		"refuses bytes that are no UTF-8":        {"email=%ff", "identity.prefix_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := request{route: "users-list", target: "/api/v1/users?" + c.query, from: admin}
			want(t, w.serve(t, call), http.StatusBadRequest, c.code)
		})
	}
}
