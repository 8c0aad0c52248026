package mailcode_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/code"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/mailcode"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	ada      = "ada@example.com"
	bob      = "bob@example.com"
	newWords = "another horse, another battery"
)

// from is where the requests of these tests come from.
var from = account.Origin{IP: "192.0.2.7", UserAgent: "a test", Remember: true}

// mailed asks for a code and returns it.
func mailed(t *testing.T, w *authtest.World, p code.Purpose, email string) string {
	t.Helper()
	if err := w.MailCodes.Send(t.Context(), p, email, from); err != nil {
		t.Fatal(err)
	}
	return newest(t, w, email)
}

// newest returns the code of the newest mail to the address.
func newest(t *testing.T, w *authtest.World, email string) string {
	t.Helper()
	mails := w.Mails(t, email)
	if len(mails) == 0 || len(mails[len(mails)-1].Code) != code.Length {
		t.Fatalf("the newest of %d mails to %s has no code", len(mails), email)
	}
	return mails[len(mails)-1].Code
}

func signIn(t *testing.T, w *authtest.World, email, plain string) (account.SignedIn, error) {
	t.Helper()
	in := mailcode.SignIn{Email: email, Code: plain, Name: "Ada", From: from}
	return w.MailCodes.SignIn(t.Context(), in, func() error { return nil })
}
