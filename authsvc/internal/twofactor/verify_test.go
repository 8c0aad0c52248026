package twofactor_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/twofactor"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

func TestService_Verify(t *testing.T) {
	t.Parallel()

	t.Run("finishes a sign-in by an authenticator", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		signed, err := e.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: e.challenge(t), Code: e.app.Code(t, e.Clock.Now())})
		if err != nil || signed.Token == "" {
			t.Fatalf("got %+v, %v", signed, err)
		}
		if diff := cmp.Diff([]string{"pwd", "otp"}, signed.Session.AMR); diff != "" {
			t.Errorf("amr (-want +got):\n%s", diff)
		}
		happened(t, e.World, signed.User.ID, authapi.EventTwoFactorPassed, authapi.EventSignedIn)
	})

	t.Run("finishes a sign-in by a mailed code", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		id := e.challenge(t)
		_, err := e.Factors.VerifyOTP(t.Context(), twofactor.Attempt{Challenge: id, Code: "000000"})
		wants(t, "before one was sent", err, twofactor.ErrOTPExpired)
		if err := e.Factors.SendOTP(t.Context(), twofactor.Attempt{Challenge: id}); err != nil {
			t.Fatal(err)
		}
		first := code(t, e.World, ada)
		if err := e.Factors.SendOTP(t.Context(), twofactor.Attempt{Challenge: id}); err != nil {
			t.Fatal(err)
		}
		last := code(t, e.World, ada)
		if first != last {
			_, err = e.Factors.VerifyOTP(t.Context(), twofactor.Attempt{Challenge: id, Code: first})
			wants(t, "one that a later one replaced", err, twofactor.ErrCode)
		}
		_, err = e.Factors.VerifyOTP(t.Context(), twofactor.Attempt{Challenge: e.challenge(t), Code: last})
		wants(t, "at another sign-in", err, twofactor.ErrOTPExpired)
		signed, err := e.Factors.VerifyOTP(t.Context(), twofactor.Attempt{Challenge: id, Code: last})
		if err != nil || signed.Token == "" {
			t.Fatalf("got %+v, %v", signed, err)
		}
		if diff := cmp.Diff([]string{"pwd", "mail"}, signed.Session.AMR); diff != "" {
			t.Errorf("amr (-want +got):\n%s", diff)
		}
	})

	t.Run("refuses a mailed code after three minutes", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		id := e.challenge(t)
		if err := e.Factors.SendOTP(t.Context(), twofactor.Attempt{Challenge: id}); err != nil {
			t.Fatal(err)
		}
		e.Clock.Advance(twofactor.CodeLife)
		_, err := e.Factors.VerifyOTP(t.Context(), twofactor.Attempt{Challenge: id, Code: code(t, e.World, ada)})
		wants(t, "an old code", err, twofactor.ErrOTPExpired)
	})

	// Pocket ID GHSA-hp74-gm6m-2qm5 (past-vulnerabilities row 27): a method that proves less
	// than what is asked for.
	t.Run("mails no code to who came by mail and has an authenticator", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		var mailed account.SignedIn
		err := e.Store.InTx(t.Context(), func(tx account.Tx) error {
			var err error
			mailed, err = e.Accounts.Enter(t.Context(), tx, e.signed.User, account.Origin{}, account.Method{Name: "magic_link", AMR: []string{"mail"}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		wants(t, "a code", e.Factors.SendOTP(t.Context(), twofactor.Attempt{Challenge: mailed.Asked.ID}), twofactor.ErrOTPUnavailable)
		_, err = e.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: mailed.Asked.ID, Code: e.app.Code(t, e.Clock.Now())})
		wants(t, "the authenticator", err, nil)
	})

	t.Run("accepts a backup code once, whatever the sign-in", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		attempt := twofactor.Attempt{Challenge: e.challenge(t), Code: e.app.BackupCodes[3], Check: true}
		checked, err := e.Factors.VerifyBackupCode(t.Context(), attempt)
		if err != nil || checked.Token != "" || checked.User.ID != e.signed.User.ID {
			t.Fatalf("a check: %+v, %v", checked, err)
		}
		attempt.Check = false
		_, err = e.Factors.VerifyBackupCode(t.Context(), attempt)
		wants(t, "a used code", err, twofactor.ErrBackupCode)
		attempt.Code = e.app.BackupCodes[4]
		if signed, err := e.Factors.VerifyBackupCode(t.Context(), attempt); err != nil || signed.Token == "" {
			t.Errorf("another code: %+v, %v", signed, err)
		}
		happened(t, e.World, e.signed.User.ID, authapi.EventBackupCodeUsed)
	})

	t.Run("refuses who is banned or gone since the first factor", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		id := e.challenge(t)
		e.Identity.Change(e.signed.User.ID, func(u *identityapi.User) { u.Banned = true })
		_, err := e.Factors.VerifyBackupCode(t.Context(), twofactor.Attempt{Challenge: id, Code: e.app.BackupCodes[0]})
		wants(t, "banned", err, account.ErrChallenge)
		e.Identity.Delete(e.signed.User.ID)
		_, err = e.Factors.VerifyBackupCode(t.Context(), twofactor.Attempt{Challenge: id, Code: e.app.BackupCodes[0]})
		wants(t, "gone", err, account.ErrChallenge)
	})

	t.Run("refuses codes of another user", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		other, _ := e.Enrol(t, e.SignUp(t, eve))
		id := e.challenge(t)
		_, err := e.Factors.VerifyBackupCode(t.Context(), twofactor.Attempt{Challenge: id, Code: other.BackupCodes[0]})
		wants(t, "a backup code", err, twofactor.ErrBackupCode)
		_, err = e.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: id, Code: other.Code(t, e.Clock.Now())})
		wants(t, "a code of an authenticator", err, twofactor.ErrCode)
	})
}

// TestVerifyTOTP_Replay covers Vault CVE-2025-6014 and OpenBao CVE-2025-55000
// (past-vulnerabilities row 28) and ASVS V6.5.1: a time step is good once, in every spelling.
func TestVerifyTOTP_Replay(t *testing.T) {
	t.Parallel()
	e := newEnrolled(t)
	used := e.app.Code(t, e.Clock.Now())
	if _, err := e.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: e.challenge(t), Code: used}); err != nil {
		t.Fatal(err)
	}
	for name, spelled := range map[string]string{"as it was": used, "with a space": " " + used, "in two groups": used[:3] + " " + used[3:]} {
		_, err := e.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: e.challenge(t), Code: spelled})
		wants(t, name, err, twofactor.ErrCode)
	}
	_, err := e.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Current: e.signed, Code: used})
	wants(t, "while signed in", err, twofactor.ErrCode)
	_, err = e.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: e.challenge(t), Code: e.app.Code(t, e.Clock.Now().Add(-step))})
	wants(t, "the step before", err, twofactor.ErrCode)
	_, err = e.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: e.challenge(t), Code: e.app.Code(t, e.Clock.Now().Add(step))})
	wants(t, "the step after", err, nil)
}

// TestVerify_Guessing covers Zitadel CVE-2025-64102 and CVE-2024-32868 (past-vulnerabilities
// row 29) and ASVS V6.6.3: each factor is capped, and all of them together.
func TestVerify_Guessing(t *testing.T) {
	t.Parallel()
	type guesser func(e enrolled, a twofactor.Attempt) error
	totp := func(e enrolled, a twofactor.Attempt) error {
		a.Code = e.wrong(t)
		_, err := e.Factors.VerifyTOTP(t.Context(), a)
		return err
	}
	backup := func(e enrolled, a twofactor.Attempt) error {
		a.Code = "aaaaa-bbbbb"
		_, err := e.Factors.VerifyBackupCode(t.Context(), a)
		return err
	}
	otp := func(e enrolled, a twofactor.Attempt) error {
		a.Code = "not it"
		_, err := e.Factors.VerifyOTP(t.Context(), a)
		return err
	}

	t.Run("ends a challenge after five attempts with whatever it was", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		id := e.challenge(t)
		for i, guess := range []guesser{totp, backup, totp, backup, totp} {
			if err := guess(e, twofactor.Attempt{Challenge: id}); !errors.Is(err, twofactor.ErrCode) && !errors.Is(err, twofactor.ErrBackupCode) {
				t.Fatalf("attempt %d: %v", i+1, err)
			}
		}
		_, err := e.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: id, Code: e.app.Code(t, e.Clock.Now())})
		wants(t, "a right code as the sixth", err, twofactor.ErrTooManyAttempts)
		_, err = e.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: id, Code: e.app.Code(t, e.Clock.Now())})
		wants(t, "and after it", err, account.ErrChallenge)
	})

	t.Run("ends a mailed code after five attempts", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		id := e.challenge(t)
		if err := e.Factors.SendOTP(t.Context(), twofactor.Attempt{Challenge: id}); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			wants(t, "a guess", otp(e, twofactor.Attempt{Challenge: id}), twofactor.ErrCode)
		}
		_, err := e.Factors.VerifyOTP(t.Context(), twofactor.Attempt{Challenge: id, Code: code(t, e.World, ada)})
		wants(t, "a right code as the sixth", err, twofactor.ErrTooManyAttempts)
		_, err = e.Factors.VerifyOTP(t.Context(), twofactor.Attempt{Challenge: id, Code: code(t, e.World, ada)})
		wants(t, "and after it", err, twofactor.ErrOTPExpired)
	})

	t.Run("locks the account after ten in a row, across challenges and factors", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		for i := range 10 {
			guess := []guesser{totp, backup}[i%2]
			if err := guess(e, twofactor.Attempt{Challenge: e.challenge(t)}); errors.Is(err, twofactor.ErrLocked) {
				t.Fatalf("locked at attempt %d", i+1)
			}
		}
		id := e.challenge(t)
		for name, guess := range map[string]guesser{"an authenticator": totp, "a backup code": backup, "a mailed code": otp} {
			wants(t, name, guess(e, twofactor.Attempt{Challenge: id}), twofactor.ErrLocked)
		}
		_, err := e.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Current: e.signed, Code: e.app.Code(t, e.Clock.Now())})
		wants(t, "while signed in", err, twofactor.ErrLocked)
		e.Clock.Advance(twofactor.LockFor)
		_, err = e.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: e.challenge(t), Code: e.app.Code(t, e.Clock.Now())})
		wants(t, "after a quarter of an hour", err, nil)
	})

	t.Run("mails codes at a rising distance, to a browser that the owner knows by a count of its own", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		send := func(from account.Origin) error {
			return e.Factors.SendOTP(t.Context(), twofactor.Attempt{Challenge: e.challenge(t), From: from})
		}
		for range 5 {
			wants(t, "one of the first five", send(account.Origin{}), nil)
		}
		wants(t, "the sixth", send(account.Origin{}), throttle.ErrLimited)
		known := account.Origin{Browser: "a browser", IP: "192.0.2.1", UserAgent: "test"}
		_, err := e.Factors.VerifyBackupCode(t.Context(), twofactor.Attempt{Challenge: e.challenge(t), Code: e.app.BackupCodes[0], From: known})
		wants(t, "a sign-in", err, nil)
		wants(t, "the owner's browser", send(known), nil)
		e.Clock.Advance(time.Minute)
		wants(t, "after a pause", send(account.Origin{}), nil)
	})

	t.Run("forgets wrong ones after a right one", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		for round := range 3 {
			id := e.challenge(t)
			for range 4 {
				wants(t, "a guess", totp(e, twofactor.Attempt{Challenge: id}), twofactor.ErrCode)
			}
			_, err := e.Factors.VerifyBackupCode(t.Context(), twofactor.Attempt{Challenge: id, Code: e.app.BackupCodes[round]})
			wants(t, "a right one", err, nil)
		}
	})

	t.Run("counts 64 guesses at once through two replicas", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		replicas := []*authtest.World{e.World, e.Replica(t)}
		id := e.challenge(t)
		var judged atomic.Int64
		authtest.Parallel(64, func(i int) {
			_, err := replicas[i%2].Factors.VerifyBackupCode(t.Context(), twofactor.Attempt{Challenge: id, Code: "aaaaa-bbbbb"})
			if errors.Is(err, twofactor.ErrBackupCode) {
				judged.Add(1)
			}
		})
		if judged.Load() != 5 {
			t.Errorf("%d guesses were judged, want 5", judged.Load())
		}
	})
}

// TestVerify_Parallel covers Better Auth PR 9993 (past-vulnerabilities row 31): of 64 uses
// at once through two replicas one succeeds, and one session is opened.
func TestVerify_Parallel(t *testing.T) {
	t.Parallel()
	race := func(t *testing.T, e enrolled, use func(w *authtest.World, i int) error) {
		t.Helper()
		replicas := []*authtest.World{e.World, e.Replica(t)}
		before := e.Count(t, "session")
		var won atomic.Int64
		authtest.Parallel(64, func(i int) {
			if err := use(replicas[i%2], i); err == nil {
				won.Add(1)
			}
		})
		if opened := e.Count(t, "session") - before; won.Load() != 1 || opened != 1 {
			t.Errorf("%d succeeded, %d sessions were opened", won.Load(), opened)
		}
	}

	t.Run("of one backup code at different sign-ins", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		var ids []string
		for range 64 {
			ids = append(ids, e.challenge(t))
		}
		race(t, e, func(w *authtest.World, i int) error {
			_, err := w.Factors.VerifyBackupCode(t.Context(), twofactor.Attempt{Challenge: ids[i], Code: e.app.BackupCodes[0]})
			return err
		})
	})

	t.Run("of one code of an authenticator at different sign-ins", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		var ids []string
		for range 64 {
			ids = append(ids, e.challenge(t))
		}
		shown := e.app.Code(t, e.Clock.Now())
		race(t, e, func(w *authtest.World, i int) error {
			_, err := w.Factors.VerifyTOTP(t.Context(), twofactor.Attempt{Challenge: ids[i], Code: shown})
			return err
		})
	})

	t.Run("of one mailed code", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		id := e.challenge(t)
		if err := e.Factors.SendOTP(t.Context(), twofactor.Attempt{Challenge: id}); err != nil {
			t.Fatal(err)
		}
		mailed := code(t, e.World, ada)
		race(t, e, func(w *authtest.World, _ int) error {
			_, err := w.Factors.VerifyOTP(t.Context(), twofactor.Attempt{Challenge: id, Code: mailed})
			return err
		})
	})

	t.Run("of one challenge with different backup codes", func(t *testing.T) {
		t.Parallel()
		e := newEnrolled(t)
		id := e.challenge(t)
		race(t, e, func(w *authtest.World, i int) error {
			_, err := w.Factors.VerifyBackupCode(t.Context(), twofactor.Attempt{Challenge: id, Code: e.app.BackupCodes[i%10]})
			return err
		})
	})

	t.Run("of one code that enrols", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		signed := w.SignUp(t, ada)
		if err := w.Factors.SendOTP(t.Context(), twofactor.Attempt{Current: signed}); err != nil {
			t.Fatal(err)
		}
		replicas, mailed := []*authtest.World{w, w.Replica(t)}, code(t, w, ada)
		var won atomic.Int64
		authtest.Parallel(64, func(i int) {
			if _, err := replicas[i%2].Factors.VerifyOTP(t.Context(), twofactor.Attempt{Current: signed, Code: mailed}); err == nil {
				won.Add(1)
			}
		})
		if won.Load() != 1 || w.Count(t, "session") != 1 {
			t.Errorf("%d succeeded, there are %d sessions", won.Load(), w.Count(t, "session"))
		}
	})
}

// challenge passes the door by a proof that costs nothing.
func (e enrolled) challenge(t *testing.T) string {
	t.Helper()
	var signed account.SignedIn
	err := e.Store.InTx(t.Context(), func(tx account.Tx) error {
		var err error
		signed, err = e.Accounts.Enter(t.Context(), tx, e.signed.User, account.Origin{}, account.Method{Name: "password", AMR: []string{"pwd"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return signed.Asked.ID
}

// A sign-in with the password that overlaps the first enrolment of mailed codes leaves no
// session that knows nothing of them.
func TestEnrolMail_DuringSignIns(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	signed := w.SignUp(t, ada)
	var enrolled account.SignedIn
	authtest.Parallel(8, func(i int) {
		if i > 0 {
			_, _ = w.SignIn(t, ada, authtest.Password) // asked or let in, as it comes
			return
		}
		var err error
		enrolled, err = authtest.Patiently(func() (account.SignedIn, error) {
			return w.Factors.EnrolMail(t.Context(), change(signed, authtest.Password))
		})
		if err != nil {
			t.Errorf("enrol: %v", err)
		}
	})
	sessions, err := w.Accounts.Sessions(t.Context(), signed.User.ID)
	if err != nil || len(sessions) != 1 || sessions[0].ID != enrolled.Session.ID {
		t.Errorf("%d sessions live, %v", len(sessions), err)
	}
}
