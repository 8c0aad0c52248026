package httpapi_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/httpapi"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// TestRoutes_AreWhole walks the table: every route has a guard and the text for the API
// document (authentik CVE-2024-42490, past-vulnerabilities row 51).
func TestRoutes_AreWhole(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	routes := append(slices.Clone(a.table.Routes()), httpapi.MailboxRoutes(mail.NewMailbox(a.Clock.Now))...)
	if err := httpx.CheckRoutes(routes); err != nil {
		t.Fatal(err)
	}
	for _, route := range routes {
		if route.Doc.Summary == "" || route.Doc.Tag == "" {
			t.Errorf("%s has no text for the API document", route.ID)
		}
		for what, schema := range map[string]*httpx.Schema{"request": route.Doc.Request, "response": route.Doc.Response} {
			if schema != nil && !json.Valid(schema.JSON()) {
				t.Errorf("the %s schema of %s is no JSON: %s", what, route.ID, schema.JSON())
			}
		}
		protocol := strings.HasPrefix(route.Path, "/api/auth/")
		switch {
		case protocol && route.Guard != httpx.Module():
			t.Errorf("%s has the guard %+v, want that of the module: the protocol has its own order of checks", route.ID, route.Guard)
		case !protocol && !strings.HasPrefix(route.Path, "/dev/") && !strings.HasPrefix(route.Path, "/.well-known/"):
			t.Errorf("%s is at %s", route.ID, route.Path)
		}
	}
}

// TestRoutes_NeedASession calls every route without credentials and with a body that names a
// victim: only those in the list answer (Better Auth CVE-2025-61928, row 48).
func TestRoutes_NeedASession(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	victim := a.browser().signUp(t, ada)
	public := map[string]int{
		"sign-up-email": http.StatusUnprocessableEntity, "sign-in-email": http.StatusUnauthorized, "sign-out": http.StatusOK,
		"get-session": http.StatusOK, "post-get-session": http.StatusMethodNotAllowed, "send-verification-email": http.StatusOK,
		"verify-email": http.StatusFound, "request-password-reset": http.StatusOK, "reset-password-callback": http.StatusFound,
		"reset-password": http.StatusBadRequest, "jwks": http.StatusOK, "ok": http.StatusOK, "error": http.StatusOK,
		"delete-user-callback": http.StatusNotFound, "sign-in-username": http.StatusUnauthorized, "is-username-available": http.StatusOK,
		"sign-in-social": http.StatusNotFound, "callback": http.StatusFound, "post-callback": http.StatusFound,
		"send-verification-otp": http.StatusOK, "check-verification-otp": http.StatusBadRequest, "verify-email-otp": http.StatusBadRequest,
		"sign-in-email-otp": http.StatusBadRequest, "request-password-reset-otp": http.StatusOK, "forget-password-otp": http.StatusOK,
		"reset-password-otp": http.StatusBadRequest, "sign-in-phone-number": http.StatusUnauthorized, "phone-number-send-otp": http.StatusOK, "phone-number-verify": http.StatusBadRequest,
		"phone-number-request-password-reset": http.StatusOK, "phone-number-reset-password": http.StatusBadRequest,
		"sign-in-magic-link": http.StatusOK, "magic-link-verify": http.StatusFound,
		"oauth2-token": http.StatusBadRequest, "oauth2-revoke": http.StatusOK, "oauth2-introspect": http.StatusOK,
		"not-me-page": http.StatusNotFound, "not-me": http.StatusNotFound, "not-me-password": http.StatusNotFound, // a guess is no link
		"multi-session-list": http.StatusOK, "multi-session-set-active": http.StatusUnauthorized,
		"one-time-token-verify": http.StatusBadRequest, "sign-in-anonymous": http.StatusOK, // as somebody new
		"open-api-generate-schema": http.StatusOK, "reference": http.StatusOK,
	}
	for _, route := range a.table.Routes() {
		if strings.HasPrefix(route.Path, "/.well-known/") {
			continue // says the same to everybody
		}
		path := strings.TrimPrefix(strings.NewReplacer("{token}", "guess", "{id}", "guess").Replace(route.Path), "/api/auth")
		r := request{method: route.Method, path: path + "?token=guess&callbackURL=/&userId=" + victim.User.ID + "&id=" + victim.User.ID}
		if route.Method == http.MethodPost {
			r.body = object("userId", victim.User.ID, "user", victim.User, "id", victim.User.ID, "token", "guess", "email", ada,
				"password", "not the password", "newPassword", newWords, "name", "Ada", "accountId", "guess", "provider", "guess",
				"currentPassword", authtest.Password, "newEmail", eve, "username", "nobody", "data", map[string]any{}, "sessionToken", "guess",
				"permissions", map[string]any{}, "code", "guess", "type", "forget-password", "otp", "guess")
		}
		switch route.ID { // these take nothing beside what they name, or what others do not take
		case "admin-set-role":
			r.body = object("userId", victim.User.ID, "role", "user")
		case "get-access-token", "refresh-token":
			r.body = object("accountId", "guess", "userId", victim.User.ID)
		case "post-callback":
			r.body = object("state", "guess", "userId", victim.User.ID)
		case "account-info":
			r.path = path + "?accountId=guess&userId=" + victim.User.ID
		}
		if strings.Contains(route.ID, "phone-number") {
			r.body = object("phoneNumber", "+4915550100", "code", "guess", "otp", "guess", "password", "not the password", "newPassword", newWords)
		}
		if strings.HasPrefix(route.ID, "oauth2-") {
			r.header, r.body = map[string]string{"Content-Type": typeForm}, "token=guess&sub="+victim.User.ID
		}
		want, open := public[route.ID]
		if !open {
			want = http.StatusUnauthorized
		}
		got := patiently(func() answer { return a.do(t, r) })
		if got.status != want {
			t.Errorf("%s: status %d, want %d; body %s", route.ID, got.status, want, got.body)
		}
		signsIn := got.cookie(sessionID) != nil && got.cookie(sessionID).Value != "" && route.ID != "sign-in-anonymous"
		if strings.Contains(got.body, victim.User.ID) || signsIn {
			t.Errorf("%s hands something of the victim out: %s", route.ID, got.body)
		}
	}
}
