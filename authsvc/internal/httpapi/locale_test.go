package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
)

// TestMails_AreInTheReadersLanguage: that of the sign-up for who has an account, whatever the
// browser that asks says; that of the browser for who has none yet.
func TestMails_AreInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	german, english := map[string]string{"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}, map[string]string{"Accept-Language": "en-GB"}
	patiently(func() answer {
		return a.do(t, request{path: "/sign-up/email", header: german, body: object("email", ada, "password", authtest.Password, "name", "Ada")})
	}).wants(t, http.StatusOK, "")
	a.do(t, request{path: "/request-password-reset", header: english, body: object("email", ada)}).wants(t, http.StatusOK, "")
	a.do(t, request{path: "/sign-in/magic-link", header: german, body: object("email", eve)}).wants(t, http.StatusOK, "")
	a.do(t, request{path: "/email-otp/send-verification-otp", header: german, body: object("email", "new@example.com", "type", "sign-in")}).wants(t, http.StatusOK, "")
	for email, want := range map[string][]string{
		ada: {"Bitte bestätigen Sie Ihre E-Mail-Adresse", "Neues Passwort festlegen"}, eve: {"Anmelden"}, "new@example.com": {"Ihr Code"},
	} {
		mails := a.Mails(t, email)
		if len(mails) != len(want) {
			t.Fatalf("%d mails to %s, want %d", len(mails), email, len(want))
		}
		for i, m := range mails {
			if m.Subject != want[i] {
				t.Errorf("mail %d to %s: %q, want %q", i, email, m.Subject, want[i])
			}
		}
	}
}

// TestMails_LanguageIsChosen at sign-up or later, by its user.
func TestMails_LanguageIsChosen(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	patiently(func() answer {
		return b.do(t, request{
			path: "/sign-up/email", header: map[string]string{"Accept-Language": "en"},
			body: object("email", ada, "password", authtest.Password, "name", "Ada", "locale", "de-CH"),
		})
	}).wants(t, http.StatusOK, "")
	newest := func(want string) {
		t.Helper()
		if mails := a.Mails(t, ada); mails[len(mails)-1].Subject != want {
			t.Errorf("the newest mail is %q, want %q", mails[len(mails)-1].Subject, want)
		}
	}
	newest("Bitte bestätigen Sie Ihre E-Mail-Adresse")
	for locale, want := range map[string]string{"en-US": "Reset your password", "de": "Neues Passwort festlegen", "": "Reset your password", "fr": "Reset your password"} {
		b.do(t, request{path: "/update-user", body: object("locale", locale)}).wants(t, http.StatusOK, "")
		b.do(t, request{path: "/request-password-reset", body: object("email", ada)}).wants(t, http.StatusOK, "")
		newest(want)
	}
	for _, locale := range []any{"../../etc", "not a language", "<b>", 7} {
		b.do(t, request{path: "/update-user", body: object("locale", locale)}).wants(t, http.StatusBadRequest, "VALIDATION_ERROR")
	}
}
