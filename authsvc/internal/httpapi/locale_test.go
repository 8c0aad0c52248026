package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
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
	a.Identity.Change(a.Identity.Active(ada)[0], func(u *identityapi.User) { u.Locale = "en" })
	a.do(t, request{path: "/request-password-reset", header: german, body: object("email", ada)}).wants(t, http.StatusOK, "")
	if mails := a.Mails(t, ada); mails[len(mails)-1].Subject != "Reset your password" {
		t.Errorf("after a change of the profile: %q", mails[len(mails)-1].Subject)
	}
}
