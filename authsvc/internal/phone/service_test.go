package phone_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/code"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/phone"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	ada      = "ada@example.com"
	number   = "+4915550100"
	newWords = "another horse, another battery"
)

// from is where the requests of these tests come from.
var from = account.Origin{IP: "192.0.2.7", UserAgent: "a test", Remember: true}

// sent asks for a code and returns it.
func sent(t *testing.T, w *authtest.World) string {
	t.Helper()
	if err := w.Phones.Send(t.Context(), number, from); err != nil {
		t.Fatal(err)
	}
	return newest(t, w)
}

// newest returns the code of the newest message to the number.
func newest(t *testing.T, w *authtest.World) string {
	t.Helper()
	messages := w.Mails(t, number)
	if len(messages) == 0 || len(messages[len(messages)-1].Code) != code.Length {
		t.Fatalf("the newest of %d messages has no code", len(messages))
	}
	return messages[len(messages)-1].Code
}

func verify(t *testing.T, w *authtest.World, plain string) (account.SignedIn, error) {
	t.Helper()
	proof := phone.Proof{Number: number, Code: plain, From: from}
	return w.Phones.Verify(t.Context(), proof, true, func() error { return nil })
}

func TestService_Verify(t *testing.T) {
	t.Parallel()

	t.Run("makes an account and signs it in again", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{RequireVerification: true})
		first, err := verify(t, w, sent(t, w))
		if err != nil || first.Token == "" || !first.User.PhoneNumberVerified || first.User.EmailVerified {
			t.Fatalf("got %+v, %v", first.User.User, err)
		}
		if first.User.Email != "4915550100@phone.gatehouse.invalid" || *first.User.PhoneNumber != number {
			t.Errorf("the user is %+v", first.User.User)
		}
		if diff := cmp.Diff([]string{"sms"}, first.Session.AMR); diff != "" {
			t.Errorf("amr (-want +got):\n%s", diff)
		}
		again, err := verify(t, w, sent(t, w))
		if err != nil || again.User.ID != first.User.ID {
			t.Errorf("again: %s is not %s, %v", again.User.ID, first.User.ID, err)
		}
		want := []string{authapi.EventSignedUp, authapi.EventSignedIn, authapi.EventCodeRequested, authapi.EventSignedIn}
		if diff := cmp.Diff(want, w.Types(t, first.User.ID)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})

	t.Run("opens no session if none is asked for", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		proof := phone.Proof{Number: number, Code: sent(t, w), From: from}
		got, err := w.Phones.Verify(t.Context(), proof, false, func() error { return nil })
		if err != nil || got.Token != "" || got.User.ID == "" || w.Count(t, "session") != 0 {
			t.Errorf("got %+v, %v", got, err)
		}
		if _, err := verify(t, w, proof.Code); !errors.Is(err, code.ErrUnknown) {
			t.Errorf("the code is good again: %v", err)
		}
	})

	t.Run("keeps the code through an outage and a refusal", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		plain := sent(t, w)
		for _, method := range []string{"find_user", "reserve_user", "activate_user"} {
			w.Identity.CutOff(method, authtest.BeforeCall)
			if _, err := verify(t, w, plain); fault.KindOf(err) != fault.Unavailable {
				t.Errorf("without %s: %v", method, err)
			}
			w.Identity.CutOff(method, authtest.Whole)
		}
		proof := phone.Proof{Number: number, Code: plain, From: from}
		if _, err := w.Phones.Verify(t.Context(), proof, true, func() error { return account.ErrBanned }); !errors.Is(err, account.ErrBanned) {
			t.Errorf("not allowed: %v", err)
		}
		if _, err := verify(t, w, plain); err != nil {
			t.Errorf("after all of that: %v", err)
		}
	})

	t.Run("refuses a banned user", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		was, err := verify(t, w, sent(t, w))
		if err != nil {
			t.Fatal(err)
		}
		w.Identity.Change(was.User.ID, func(u *identityapi.User) { u.Banned = true })
		if got, err := verify(t, w, sent(t, w)); !errors.Is(err, account.ErrBanned) || got.Token != "" {
			t.Errorf("%v", err)
		}
	})
}

// TestService_Verify_ANumberThatChangedHands: who has a number today gets nothing of who
// signed up with it before.
func TestService_Verify_ANumberThatChangedHands(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	former, err := verify(t, w, sent(t, w))
	if err != nil {
		t.Fatal(err)
	}
	other := "+4915550199"
	w.Identity.Change(former.User.ID, func(u *identityapi.User) { u.PhoneNumber = &other })
	now, err := verify(t, w, sent(t, w))
	if err != nil || now.User.ID == former.User.ID || now.User.Email == former.User.Email {
		t.Errorf("signed in as %+v, %v", now.User.User, err)
	}
	if !strings.HasSuffix(now.User.Email, ".invalid") {
		t.Errorf("the address is %s", now.User.Email)
	}
}

// TestService_Verify_InParallel covers ASVS V2.3.4, also for an account that does not exist yet.
func TestService_Verify_InParallel(t *testing.T) {
	t.Parallel()
	for name, exists := range map[string]bool{"of a user": true, "of a newcomer": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{})
			before := 0
			if exists {
				if _, err := verify(t, w, sent(t, w)); err != nil {
					t.Fatal(err)
				}
				before = 1
			}
			plain := sent(t, w)
			replicas := []*authtest.World{w, w.Replica(t)}
			outcomes := make([]error, 64)
			authtest.Parallel(len(outcomes), func(i int) { _, outcomes[i] = verify(t, replicas[i%2], plain) })
			succeeded := 0
			for _, err := range outcomes {
				switch {
				case err == nil:
					succeeded++
				case !errors.Is(err, code.ErrInvalid) && !errors.Is(err, code.ErrUnknown):
					t.Errorf("refused with %v", err)
				}
			}
			if n := w.Count(t, "session") - before; succeeded != 1 || n != 1 {
				t.Errorf("%d of %d signed in, %d sessions", succeeded, len(outcomes), n)
			}
		})
	}
}

func TestService_Add(t *testing.T) {
	t.Parallel()

	t.Run("gives the number to who is signed in, and to nobody else", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		plain := sent(t, w)
		proof := phone.Proof{Number: number, Code: plain, From: from}
		if _, err := w.Phones.Add(t.Context(), account.User{}, proof); !errors.Is(err, account.ErrUserNotFound) {
			t.Errorf("nobody: %v", err)
		}
		got, err := w.Phones.Add(t.Context(), user, proof)
		if err != nil || got.PhoneNumber == nil || *got.PhoneNumber != number || !got.PhoneNumberVerified {
			t.Fatalf("got %+v, %v", got.User, err)
		}
		bob := w.SignUp(t, "bob@example.com").User
		if _, err := w.Phones.Add(t.Context(), bob, phone.Proof{Number: number, Code: sent(t, w), From: from}); !errors.Is(err, phone.ErrTaken) {
			t.Errorf("somebody else: %v", err)
		}
		signed, err := w.Accounts.SignIn(t.Context(), account.SignIn{PhoneNumber: number, Password: authtest.Password, Origin: from})
		if err != nil || signed.User.ID != user.ID {
			t.Errorf("sign in by number and password: %v", err)
		}
	})

	t.Run("works once in parallel", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		proof := phone.Proof{Number: number, Code: sent(t, w), From: from}
		outcomes := make([]error, 64)
		replicas := []*authtest.World{w, w.Replica(t)}
		authtest.Parallel(len(outcomes), func(i int) { _, outcomes[i] = replicas[i%2].Phones.Add(t.Context(), user, proof) })
		succeeded := 0
		for _, err := range outcomes {
			if err == nil {
				succeeded++
			}
		}
		if succeeded != 1 {
			t.Errorf("%d of %d succeeded", succeeded, len(outcomes))
		}
	})
}

// TestService_Reset covers ASVS V6.3.8 too: a number that nobody has is answered alike.
func TestService_Reset(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	was, err := verify(t, w, sent(t, w))
	if err != nil {
		t.Fatal(err)
	}
	reset := func(to, plain, words string) error {
		_, err := authtest.Patiently(func() (struct{}, error) {
			return struct{}{}, w.Phones.Reset(t.Context(), phone.Proof{Number: to, Code: plain, From: from}, words)
		})
		return err
	}
	answers := map[string][]error{}
	for _, to := range []string{number, "+4915550199"} {
		answers[to] = append(answers[to], w.Phones.RequestReset(t.Context(), to, from))
		for range code.Attempts + 2 {
			answers[to] = append(answers[to], reset(to, "x", newWords))
		}
	}
	for i, known := range answers[number] {
		if unknown := answers["+4915550199"][i]; !errors.Is(unknown, known) {
			t.Errorf("answer %d: %v to the known, %v to the unknown", i, known, unknown)
		}
	}
	if n := len(w.Mails(t, "+4915550199")); n != 0 {
		t.Errorf("%d messages to nobody", n)
	}
	if err := w.Phones.RequestReset(t.Context(), number, from); err != nil {
		t.Fatal(err)
	}
	plain := newest(t, w)
	if _, err := verify(t, w, plain); err == nil {
		t.Error("a code for a new password signs in")
	}
	if err := reset(number, plain, newWords); err != nil {
		t.Fatal(err)
	}
	if err := reset(number, plain, newWords); !errors.Is(err, code.ErrUnknown) {
		t.Errorf("again: %v", err)
	}
	if _, err := w.Accounts.Current(t.Context(), was.Session.TokenHash); !errors.Is(err, account.ErrUnauthorized) {
		t.Errorf("a session from before: %v", err)
	}
	if _, err := w.Accounts.SignIn(t.Context(), account.SignIn{PhoneNumber: number, Password: newWords, Origin: from}); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

func TestService_Send_WithoutASender(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{NoTexts: true})
	if err := w.Phones.Send(t.Context(), number, from); !errors.Is(err, phone.ErrNoSender) {
		t.Errorf("%v", err)
	}
	if err := w.Phones.RequestReset(t.Context(), number, from); err != nil || len(w.Mails(t, number)) != 0 {
		t.Errorf("a reset: %v, messages %d", err, len(w.Mails(t, number)))
	}
}
