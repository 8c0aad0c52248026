package account_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

func TestService_SignInAnonymous(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{RequireVerification: true}) // nobody could verify such an address
	signed, err := w.Accounts.SignInAnonymous(t.Context(), account.User{}, from)
	if err != nil {
		t.Fatal(err)
	}
	user := signed.User
	if !user.Anonymous || user.EmailVerified || !strings.HasSuffix(user.Email, ".invalid") || !live(t, w, signed.Session.TokenHash) {
		t.Errorf("the user is %+v", user)
	}
	if got := w.Types(t, user.ID); len(got) != 2 || got[0] != authapi.EventSignedUp || got[1] != authapi.EventSignedIn {
		t.Errorf("recorded are %v", got)
	}
	if n := w.Count(t, "river_job"); n != 0 {
		t.Errorf("%d mails go to an address that does not exist", n)
	}
	if _, err := w.Accounts.SignInAnonymous(t.Context(), user, from); !errors.Is(err, account.ErrAnonymousAlready) {
		t.Errorf("again: %v", err)
	}
	other, err := w.Accounts.SignInAnonymous(t.Context(), account.User{}, from)
	if err != nil || other.User.ID == user.ID || other.User.Email == user.Email {
		t.Errorf("another is %+v, %v", other.User, err)
	}
	if err := w.Accounts.DeleteAnonymous(t.Context(), user, from); err != nil || live(t, w, signed.Session.TokenHash) {
		t.Errorf("delete: %v", err)
	}
	member := w.SignUp(t, ada)
	if err := w.Accounts.DeleteAnonymous(t.Context(), member.User, from); !errors.Is(err, account.ErrNotAnonymous) || len(w.Identity.Active(ada)) != 1 {
		t.Errorf("delete a member: %v", err)
	}
}

func TestService_SignInAnonymousOutage(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"reserve_user", "activate_user"} {
		w := authtest.New(t, authtest.Options{})
		w.Identity.CutOff(method, authtest.BeforeAnswer)
		if _, err := w.Accounts.SignInAnonymous(t.Context(), account.User{}, from); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", method, err)
		}
		if n := w.Count(t, "session"); n != 0 {
			t.Errorf("%s: %d sessions", method, n)
		}
	}
}
