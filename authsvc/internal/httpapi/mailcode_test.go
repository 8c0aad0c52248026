package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
)

// mailedCode asks for a code to sign in with, and returns it.
func (a *app) mailedCode(t *testing.T, email string) string {
	t.Helper()
	a.do(t, request{path: "/email-otp/send-verification-otp", body: object("email", email, "type", "sign-in")}).wants(t, http.StatusOK, "")
	mails := a.Mails(t, email)
	return mails[len(mails)-1].Code
}

// passwordlessCalls are those of the routes that need no password; see calls.
func passwordlessCalls(post func(path, body string) request) map[string]request {
	return map[string]request{
		"send-verification-otp":      post("/email-otp/send-verification-otp", object("email", ada, "type", "sign-in")),
		"check-verification-otp":     post("/email-otp/check-verification-otp", object("email", ada, "type", "sign-in", "otp", "guess")),
		"verify-email-otp":           post("/email-otp/verify-email", object("email", ada, "otp", "guess")),
		"sign-in-email-otp":          post("/sign-in/email-otp", object("email", ada, "otp", "guess")),
		"request-password-reset-otp": post("/email-otp/request-password-reset", object("email", ada)),
		"forget-password-otp":        post("/forget-password/email-otp", object("email", ada)),
		"reset-password-otp":         post("/email-otp/reset-password", object("email", ada, "otp", "guess", "password", newWords)),
		"request-email-change-otp":   post("/email-otp/request-email-change", object("newEmail", eve)),
		"change-email-otp":           post("/email-otp/change-email", object("newEmail", eve, "otp", "guess")),
		"sign-in-phone-number":       post("/sign-in/phone-number", object("phoneNumber", "+4915550100", "password", authtest.Password)),
		"phone-number-send-otp":      post("/phone-number/send-otp", object("phoneNumber", "+4915550100")),
		"phone-number-verify":        post("/phone-number/verify", object("phoneNumber", "+4915550100", "code", "guess")),

		"phone-number-request-password-reset": post("/phone-number/request-password-reset", object("phoneNumber", "+4915550100")),
		"phone-number-reset-password": post("/phone-number/reset-password",
			object("phoneNumber", "+4915550100", "otp", "guess", "newPassword", newWords)),
		"sign-in-magic-link": post("/sign-in/magic-link", object("email", ada)),
		"magic-link-verify":  {path: "/magic-link/verify?callbackURL=/&token=guess"},
	}
}

func TestMailCodes_SignIn(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	got := b.do(t, request{path: "/sign-in/email-otp", body: object("email", "Ada@Example.com", "otp", a.mailedCode(t, ada), "name", "Ada")})
	got.wants(t, http.StatusOK, "")
	var in struct {
		Token string
		User  struct {
			Email, Name   string
			EmailVerified bool
		}
	}
	got.decode(t, &in)
	if in.Token == "" || in.User.Email != ada || in.User.Name != "Ada" || !in.User.EmailVerified || b.session(t) == "" {
		t.Errorf("got %s", got.body)
	}
}

// TestMailCodes_NewcomersSetNothingElse covers Better Auth CVE-2025-61928 and its kind
// (rows 48 and 49): a body cannot name what its sender may not choose.
func TestMailCodes_NewcomersSetNothingElse(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	for member, want := range map[string]string{"role": "FIELD_NOT_ALLOWED", "phoneNumber": "PHONE_NUMBER_CANNOT_BE_SET"} {
		plain := a.mailedCode(t, ada)
		a.do(t, request{path: "/sign-in/email-otp", body: object("email", ada, "otp", plain, member, "admin")}).wants(t, http.StatusBadRequest, want)
	}
	got := a.do(t, request{path: "/sign-in/email-otp", body: object("email", ada, "otp", a.mailedCode(t, ada), "id", "1", "banned", true, "emailVerified", false)})
	got.wants(t, http.StatusOK, "")
	if strings.Contains(got.body, `"id":"1"`) || strings.Contains(got.body, `"banned":true`) {
		t.Errorf("got %s", got.body)
	}
}

func TestMailCodes_ChangeEmail(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	b.signUp(t, ada)
	b.do(t, request{path: "/email-otp/request-email-change", body: object("newEmail", ada)}).wants(t, http.StatusBadRequest, "")
	b.do(t, request{path: "/email-otp/request-email-change", body: object("newEmail", eve)}).wants(t, http.StatusOK, "")
	plain := a.Mails(t, eve)[0].Code
	got := b.do(t, request{path: "/email-otp/change-email", body: object("newEmail", eve, "otp", plain)})
	got.wants(t, http.StatusOK, "")
	if got.cookie(sessionID) == nil || b.session(t) == "" {
		t.Error("the session is gone")
	}
	if got := b.do(t, request{path: "/get-session"}); !strings.Contains(got.body, eve) {
		t.Errorf("the session shows %s", got.body)
	}
}

// TestMagicLinks_LeadWhereTheyMay covers Zitadel CVE-2024-32967 and its kind (row 41): a
// mailed link leads to trusted places only, and one that is refused is not used up.
func TestMagicLinks_LeadWhereTheyMay(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	b.do(t, request{path: "/sign-in/magic-link", body: object("email", ada, "callbackURL", frontEnd+"/in?a=b")}).wants(t, http.StatusOK, "")
	link := a.link(t, ada)
	base, _, _ := strings.Cut(link, "&")
	for _, place := range []string{"callbackURL", "newUserCallbackURL", "errorCallbackURL"} {
		for _, bad := range []string{evil, "//evil.example", "javascript:alert(1)"} {
			b.do(t, request{path: base + "&" + place + "=" + bad}).wants(t, http.StatusForbidden, "INVALID_CALLBACK_URL")
		}
	}
	got := b.do(t, request{path: link})
	if got.status != http.StatusFound || got.header.Get("Location") != frontEnd+"/in?a=b" || b.session(t) == "" {
		t.Errorf("status %d, to %q", got.status, got.header.Get("Location"))
	}
	again := b.do(t, request{path: link})
	if again.header.Get("Location") != frontEnd+"/in?a=b&error=INVALID_TOKEN" {
		t.Errorf("again, to %q", again.header.Get("Location"))
	}
}
