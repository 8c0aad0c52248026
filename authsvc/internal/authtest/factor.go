package authtest

import (
	"net/url"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/twofactor"
)

// Authenticator is an app that a user of a World has set up.
type Authenticator struct {
	Secret      string // base32
	BackupCodes []string
}

// ReadAuthenticator returns the app that scans a QR code with the URI.
func ReadAuthenticator(t testing.TB, uri string, backupCodes []string) Authenticator {
	t.Helper()
	parsed, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	return Authenticator{parsed.Query().Get("secret"), backupCodes}
}

// Code returns what the app shows at a time.
func (a Authenticator) Code(t testing.TB, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(a.Secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// Enrol sets an authenticator up for a user who is signed in, and returns it with the
// session that takes the place of theirs. The clock moves on by a time step, so that the
// code it shows then is good.
func (w *World) Enrol(t testing.TB, current account.SignedIn) (Authenticator, account.SignedIn) {
	t.Helper()
	enrolment, err := Patiently(func() (twofactor.Enrolment, error) {
		return w.Factors.Enrol(t.Context(), twofactor.Change{Current: current, Password: Password}, "")
	})
	if err != nil {
		t.Fatal(err)
	}
	app := ReadAuthenticator(t, enrolment.URI, enrolment.BackupCodes)
	signed, err := w.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Current: current, Code: app.Code(t, w.Clock.Now())})
	if err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(30 * time.Second)
	return app, signed
}
