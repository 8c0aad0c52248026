package twofactor_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/twofactor"
)

// step is a time step of an authenticator.
const step = 30 * time.Second

func change(current account.SignedIn, password string) twofactor.Change {
	return twofactor.Change{Current: current, Password: password}
}

// again repeats what an overloaded machine turned away.
func again(do func() error) error {
	_, err := authtest.Patiently(func() (struct{}, error) { return struct{}{}, do() })
	return err
}

// TestService_Enrol covers ASVS V7.4.3 and V7.5.1: enrolling takes the password, and ends
// other sessions.
func TestService_Enrol(t *testing.T) {
	t.Parallel()

	t.Run("counts once a code was seen, and then at the next sign-in", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		signed := w.SignUp(t, ada)
		enrolment, err := authtest.Patiently(func() (twofactor.Enrolment, error) {
			return w.Factors.Enrol(t.Context(), change(signed, authtest.Password), "")
		})
		if err != nil {
			t.Fatal(err)
		}
		if in, err := w.SignIn(t, ada, authtest.Password); err != nil || in.Asked != nil {
			t.Fatalf("an authenticator that showed nothing yet is asked for: %+v, %v", in, err)
		}
		app := authtest.ReadAuthenticator(t, enrolment.URI, enrolment.BackupCodes)
		_, err = w.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Current: signed, Code: "x"})
		wants(t, "a wrong code", err, twofactor.ErrCode)
		verified, err := w.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Current: signed, Code: app.Code(t, w.Clock.Now())})
		if err != nil || verified.Token == "" || !verified.User.TwoFactorEnabled {
			t.Fatalf("got %+v, %v", verified, err)
		}
		if diff := cmp.Diff([]string{"pwd", "otp"}, verified.Session.AMR); diff != "" {
			t.Errorf("amr (-want +got):\n%s", diff)
		}
		asked(t, w)
		happened(t, w, signed.User.ID, authapi.EventTwoFactorStarted, authapi.EventTwoFactorFailed, authapi.EventTwoFactorEnabled, authapi.EventTwoFactorAsked)
	})

	// Keycloak CVE-2026-3429 (past-vulnerabilities row 25) and Zitadel CVE-2025-64103 (row 23):
	// what was opened with a password alone must not last beside a second factor, let alone
	// remove it.
	t.Run("ends the sessions from before, so that none of them can change the factor", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		first := w.SignUp(t, ada)
		other, err := w.SignIn(t, ada, authtest.Password)
		if err != nil {
			t.Fatal(err)
		}
		w.Enrol(t, first)
		for name, gone := range map[string]account.SignedIn{"the one that enrolled": first, "another one": other} {
			_, err := w.Accounts.Current(t.Context(), gone.Session.TokenHash)
			wants(t, name, err, account.ErrUnauthorized)
			err = again(func() error {
				_, err := w.Factors.Disable(t.Context(), change(gone, authtest.Password))
				return err
			})
			wants(t, name+" disables", err, account.ErrUnauthorized)
		}
		asked(t, w)
	})

	t.Run("takes the password, and one authenticator at a time", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		for name, do := range map[string]func(password string) error{
			"Enrol": func(p string) error {
				_, err := e.Factors.Enrol(t.Context(), change(e.signed, p), "")
				return err
			},
			"EnrolMail": func(p string) error {
				_, err := e.Factors.EnrolMail(t.Context(), change(e.signed, p))
				return err
			},
			"Disable": func(p string) error {
				_, err := e.Factors.Disable(t.Context(), change(e.signed, p))
				return err
			},
			"URI": func(p string) error {
				_, err := e.Factors.URI(t.Context(), change(e.signed, p))
				return err
			},
			"RenewBackupCodes": func(p string) error {
				_, err := e.Factors.RenewBackupCodes(t.Context(), change(e.signed, p))
				return err
			},
		} {
			if err := again(func() error { return do("not the password") }); !errors.Is(err, account.ErrPassword) {
				t.Errorf("%s: %v", name, err)
			}
			e.Clock.Advance(time.Hour) // wrong passwords slow down
		}
		err := again(func() error {
			_, err := e.Factors.Enrol(t.Context(), change(e.signed, authtest.Password), "")
			return err
		})
		wants(t, "a second authenticator", err, twofactor.ErrTOTPEnabled)
	})

	t.Run("stores the secret sealed and the backup codes hashed", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		uri, err := authtest.Patiently(func() (string, error) {
			return e.Factors.URI(t.Context(), change(e.signed, authtest.Password))
		})
		if err != nil || authtest.ReadAuthenticator(t, uri, nil).Secret != e.app.Secret {
			t.Fatalf("got %s, %v", uri, err)
		}
		var stored string
		const all = `
			select (select json_agg(f)::text from two_factor f) || (select json_agg(b)::text from backup_code b) || (select json_agg(o)::text from outbox o)`
		if err := e.Pool.QueryRow(t.Context(), all).Scan(&stored); err != nil {
			t.Fatal(err)
		}
		for _, secret := range append([]string{e.app.Secret}, e.app.BackupCodes...) {
			if strings.Contains(stored, secret) {
				t.Errorf("%s is stored as it is", secret)
			}
		}
	})
}

func TestService_EnrolMail(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	first := w.SignUp(t, ada)
	signed, err := authtest.Patiently(func() (account.SignedIn, error) {
		return w.Factors.EnrolMail(t.Context(), change(first, authtest.Password))
	})
	if err != nil || signed.Token == "" || !signed.User.TwoFactorEnabled {
		t.Fatalf("got %+v, %v", signed, err)
	}
	_, err = w.Factors.VerifyBackupCode(t.Context(), twofactor.Attempt{Challenge: asked(t, w), Code: "x"})
	wants(t, "a backup code that was never made", err, twofactor.ErrNoBackupCodes)
	_, err = w.Factors.RenewBackupCodes(t.Context(), change(signed, authtest.Password))
	wants(t, "new backup codes", err, twofactor.ErrNotEnabled)
	_, err = w.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: asked(t, w), Code: "000000"})
	wants(t, "a code of an authenticator", err, twofactor.ErrTOTPNotEnabled)

	t.Run("an authenticator beside it ends no session", func(t *testing.T) {
		app, verified := w.Enrol(t, signed)
		if verified.Token != "" || verified.Session.ID != signed.Session.ID {
			t.Errorf("got %+v", verified)
		}
		_, err := w.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: asked(t, w), Code: app.Code(t, w.Clock.Now())})
		wants(t, "its code at a sign-in", err, nil)
	})
}

// Whoever acts as the user changes none of the user's factors.
func TestService_Impersonated(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	current := w.SignUp(t, ada)
	current.Session.Impersonation.By = w.SignUp(t, eve).User.ID
	asUser := change(current, authtest.Password)
	attempt := twofactor.Attempt{Current: current, Code: "000000"}
	for name, do := range map[string]func() error{
		"Enrol":            func() error { _, err := w.Factors.Enrol(t.Context(), asUser, ""); return err },
		"EnrolMail":        func() error { _, err := w.Factors.EnrolMail(t.Context(), asUser); return err },
		"Disable":          func() error { _, err := w.Factors.Disable(t.Context(), asUser); return err },
		"VerifyTOTP":       func() error { _, err := w.Factors.VerifyTOTP(t.Context(), attempt); return err },
		"VerifyOTP":        func() error { _, err := w.Factors.VerifyOTP(t.Context(), attempt); return err },
		"VerifyBackupCode": func() error { _, err := w.Factors.VerifyBackupCode(t.Context(), attempt); return err },
		"SendOTP":          func() error { return w.Factors.SendOTP(t.Context(), attempt) },
	} {
		wants(t, name, again(do), twofactor.ErrImpersonated)
	}
}

func TestService_Unreachable(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	current := w.SignUp(t, "555@phone.gatehouse.invalid")
	_, err := authtest.Patiently(func() (account.SignedIn, error) {
		return w.Factors.EnrolMail(t.Context(), change(current, authtest.Password))
	})
	wants(t, "mailed codes for who has no mail", err, twofactor.ErrOTPUnavailable)
	wants(t, "a code", w.Factors.SendOTP(t.Context(), twofactor.Attempt{Current: current}), twofactor.ErrOTPUnavailable)
}

// TestService_Disable covers Supabase Auth issue 2607 and issue 2615 (past-vulnerabilities
// row 26) and ASVS V7.4.3: no session claims a factor that is gone.
func TestService_Disable(t *testing.T) {
	t.Parallel()
	e := newEnrolled(t)
	pending := asked(t, e.World)
	other, err := e.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: asked(t, e.World), Code: e.app.Code(t, e.Clock.Now()), Trust: true})
	if err != nil || other.Device == "" {
		t.Fatalf("got %+v, %v", other, err)
	}
	after, err := authtest.Patiently(func() (account.SignedIn, error) {
		return e.Factors.Disable(t.Context(), change(e.signed, authtest.Password))
	})
	if err != nil || after.User.TwoFactorEnabled {
		t.Fatalf("got %+v, %v", after, err)
	}
	if diff := cmp.Diff([]string{"pwd"}, after.Session.AMR); diff != "" {
		t.Errorf("amr (-want +got):\n%s", diff)
	}
	_, err = e.Accounts.Current(t.Context(), other.Session.TokenHash)
	wants(t, "another session", err, account.ErrUnauthorized)
	_, err = e.Factors.VerifyBackupCode(t.Context(), twofactor.Attempt{Challenge: pending, Code: e.app.BackupCodes[0]})
	wants(t, "a challenge from before", err, account.ErrChallenge)
	for _, table := range []string{"two_factor", "backup_code", "two_factor_challenge", "two_factor_code", "trusted_device"} {
		if n := e.Count(t, table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
	if in, err := e.SignIn(t, ada, authtest.Password); err != nil || in.Token == "" {
		t.Errorf("the next sign-in: %+v, %v", in, err)
	}
	if mails := e.Mails(t, ada); !strings.Contains(mails[len(mails)-1].Subject, "second factor") {
		t.Errorf("the owner is not told: the last mail is %q", mails[len(mails)-1].Subject)
	}
	happened(t, e.World, after.User.ID, authapi.EventTwoFactorDisabled, authapi.EventSessionRevoked, authapi.EventDeviceTrusted)
}

// TestService_Remove is what an administrator does for somebody who has lost their factor.
func TestService_Remove(t *testing.T) {
	t.Parallel()
	e := newEnrolled(t)
	user := e.signed.User
	user.TwoFactorEnabled = true
	if err := e.Factors.Remove(t.Context(), user, account.Origin{Actor: "an administrator"}); err != nil {
		t.Fatal(err)
	}
	_, err := e.Accounts.Current(t.Context(), e.signed.Session.TokenHash)
	wants(t, "the session", err, account.ErrUnauthorized)
	for _, table := range []string{"two_factor", "backup_code", "two_factor_challenge", "two_factor_code", "trusted_device"} {
		if n := e.Count(t, table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
	if in, err := e.SignIn(t, ada, authtest.Password); err != nil || in.Token == "" {
		t.Errorf("the next sign-in: %+v, %v", in, err)
	}
	told := len(e.Mails(t, ada))
	if mails := e.Mails(t, ada); !strings.Contains(mails[told-1].Subject, "second factor") {
		t.Errorf("the owner is not told: the last mail is %q", mails[told-1].Subject)
	}
	happened(t, e.World, user.ID, authapi.EventTwoFactorDisabled, authapi.EventSessionRevoked)
	if err := e.Factors.Remove(t.Context(), user, account.Origin{}); err != nil || len(e.Mails(t, ada)) != told {
		t.Errorf("of who has none: %v, %d mails", err, len(e.Mails(t, ada))-told)
	}
}

func TestService_RenewBackupCodes(t *testing.T) {
	t.Parallel()
	e := newEnrolled(t)
	fresh, err := authtest.Patiently(func() ([]string, error) {
		return e.Factors.RenewBackupCodes(t.Context(), change(e.signed, authtest.Password))
	})
	if err != nil || len(fresh) != 10 {
		t.Fatalf("got %v, %v", fresh, err)
	}
	_, err = e.Factors.VerifyBackupCode(t.Context(), twofactor.Attempt{Challenge: asked(t, e.World), Code: e.app.BackupCodes[0]})
	wants(t, "an old one", err, twofactor.ErrBackupCode)
	_, err = e.Factors.VerifyBackupCode(t.Context(), twofactor.Attempt{Challenge: asked(t, e.World), Code: fresh[0]})
	wants(t, "a new one", err, nil)
}

// A change of the password ends what the old one was good for, whichever way it is changed.
func TestPasswordChange_EndsTrust(t *testing.T) {
	t.Parallel()
	e := newEnrolled(t)
	trusted, err := e.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: asked(t, e.World), Code: e.app.Code(t, e.Clock.Now()), Trust: true})
	if err != nil {
		t.Fatal(err)
	}
	pending := asked(t, e.World)
	const changed = "another horse, another battery"
	err = again(func() error {
		_, err := e.Accounts.ChangePassword(t.Context(), trusted, account.PasswordChange{Current: authtest.Password, New: changed})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	in, err := authtest.Patiently(func() (account.SignedIn, error) {
		return e.Accounts.SignIn(t.Context(), account.SignIn{Email: ada, Password: changed, Origin: account.Origin{Device: trusted.Device}})
	})
	if err != nil || in.Asked == nil {
		t.Errorf("the browser is trusted still: %+v, %v", in, err)
	}
	_, err = e.Factors.VerifyBackupCode(t.Context(), twofactor.Attempt{Challenge: pending, Code: e.app.BackupCodes[0]})
	wants(t, "a challenge from before", err, account.ErrChallenge)
}
