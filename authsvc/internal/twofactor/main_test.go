package twofactor_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/twofactor"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	ada = "ada@example.com"
	eve = "eve@example.com"
)

// enrolled is a World with a user who has an authenticator.
type enrolled struct {
	*authtest.World
	app    authtest.Authenticator
	signed account.SignedIn
}

func newEnrolled(t *testing.T) enrolled {
	t.Helper()
	w := authtest.New(t, authtest.Options{})
	app, signed := w.Enrol(t, w.SignUp(t, ada))
	return enrolled{w, app, signed}
}

// asked signs in with the password, and returns the challenge.
func asked(t *testing.T, w *authtest.World) string {
	t.Helper()
	signed, err := w.SignIn(t, ada, authtest.Password)
	if err != nil || signed.Asked == nil {
		t.Fatalf("the sign-in is not asked for a second factor: %+v, %v", signed, err)
	}
	return signed.Asked.ID
}

// code returns the code in the newest mail to an address.
func code(t *testing.T, w *authtest.World, to string) string {
	t.Helper()
	mails := w.Mails(t, to)
	if len(mails) == 0 || mails[len(mails)-1].Code == "" {
		t.Fatalf("no code was mailed to %s", to)
	}
	return mails[len(mails)-1].Code
}

// wants fails the test unless err is the fault.
func wants(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// happened fails the test unless an event of the type is about the user.
func happened(t *testing.T, w *authtest.World, userID string, types ...string) {
	t.Helper()
	all := w.Types(t, userID)
	for _, eventType := range types {
		if !slices.Contains(all, eventType) {
			t.Errorf("%s is not among %v", eventType, all)
		}
	}
}

// wrong returns a code that the app does not show around now.
func (e enrolled) wrong(t *testing.T) string {
	t.Helper()
	for _, guess := range []string{"000000", "111111", "222222", "333333"} {
		attempt := twofactor.Attempt{Current: e.signed, Code: guess}
		if !slices.Contains(e.shown(t), attempt.Code) {
			return guess
		}
	}
	return "444444"
}

// shown are the codes around now.
func (e enrolled) shown(t *testing.T) []string {
	t.Helper()
	now := e.Clock.Now()
	return []string{e.app.Code(t, now.Add(-step)), e.app.Code(t, now), e.app.Code(t, now.Add(step))}
}
