package account_test

import (
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/bcrypt"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Covers ASVS V7.2.2.
func TestService_SignIn(t *testing.T) {
	t.Parallel()

	t.Run("opens a new session each time (Keycloak CVE-2025-12390)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		first := w.SignUp(t, ada)
		second, err := w.SignIn(t, ada, authtest.Password)
		if err != nil {
			t.Fatal(err)
		}
		if first.Session.ID == second.Session.ID || first.Token == second.Token {
			t.Error("the second sign-in shares the session of the first")
		}
		want := []string{authapi.EventSignedUp, authapi.EventVerificationMailSent, authapi.EventSignedIn}
		if diff := cmp.Diff(want, w.Types(t, first.User.ID)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})

	t.Run("tells a banned user only who knows the password", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.Identity.Change(w.SignUp(t, ada).User.ID, func(u *identityapi.User) { u.Banned = true })
		if _, err := w.SignIn(t, ada, authtest.Password); !errors.Is(err, account.ErrBanned) {
			t.Errorf("the right password: %v, want ErrBanned", err)
		}
		if _, err := w.SignIn(t, ada, newWords); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("a wrong password: %v, want ErrCredentials", err)
		}
		if n := w.Count(t, "session"); n != 1 {
			t.Errorf("there are %d sessions, want the one of the sign-up", n)
		}
	})

	t.Run("mails a new link to who must confirm first and knows the password", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{RequireVerification: true})
		w.SignUp(t, ada)
		if _, err := w.SignIn(t, ada, newWords); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("a wrong password: %v, want ErrCredentials", err)
		}
		if n := len(w.Mails(t, ada)); n != 1 {
			t.Errorf("%d mails after a wrong password, want 1", n)
		}
		if _, err := w.SignIn(t, ada, authtest.Password); !errors.Is(err, account.ErrEmailNotVerified) {
			t.Errorf("the right password: %v, want ErrEmailNotVerified", err)
		}
		if n := len(w.Mails(t, ada)); n != 2 {
			t.Errorf("%d mails after the right password, want 2", n)
		}
		if n := w.Count(t, "session"); n != 0 {
			t.Errorf("there are %d sessions, want none", n)
		}
	})

	t.Run("hashes an older password anew", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		id := w.SignUp(t, ada).User.ID
		old, err := bcrypt.GenerateFromPassword([]byte(newWords), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		store(t, w, id, string(old))
		var errs [8]error
		authtest.Parallel(len(errs), func(i int) { _, errs[i] = w.SignIn(t, ada, newWords) })
		for i, err := range errs {
			if err != nil {
				t.Errorf("sign-in %d of several at once: %v", i, err)
			}
		}
		if stored, err := w.Store.FindPassword(t.Context(), id); err != nil || !strings.HasPrefix(stored, "$argon2id$") {
			t.Errorf("the stored hash begins %.10q, %v", stored, err)
		}
		if _, err := w.SignIn(t, ada, newWords); err != nil {
			t.Errorf("with the new hash: %v", err)
		}
	})

	t.Run("loses the race against a reset (a session must not outlive its password)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		id := w.SignUp(t, ada).User.ID
		racing := meanwhile(w, func() { reset(t, w, newWords) })
		_, err := authtest.Patiently(func() (account.SignedIn, error) {
			return racing.SignIn(t.Context(), account.SignIn{Email: ada, Password: authtest.Password, Origin: from})
		})
		if !errors.Is(err, account.ErrCredentials) {
			t.Errorf("SignIn = %v, want ErrCredentials", err)
		}
		if live, err := w.Accounts.Sessions(t.Context(), id); err != nil || len(live) != 0 {
			t.Errorf("%d sessions live after the reset, %v", len(live), err)
		}
	})

	t.Run("stores no session without its event", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		_, err := authtest.Patiently(func() (account.SignedIn, error) {
			return w.Accounts.SignIn(t.Context(), account.SignIn{
				Email: ada, Password: authtest.Password, Origin: account.Origin{UserAgent: strings.Repeat("a", 1<<17)},
			})
		})
		if err == nil {
			t.Fatal("an event of that size was stored")
		}
		if n := w.Count(t, "session"); n != 1 {
			t.Errorf("there are %d sessions, want the one of the sign-up", n)
		}
	})
}

// TestService_SignInHidesWhoExists covers past-vulnerabilities row 36 (Zitadel CVE-2024-41952
// and others): unknown user, user without a password and wrong password are one answer, at
// one cost. The cost is the memory of one hash, which no load of the machine distorts.
func TestService_SignInHidesWhoExists(t *testing.T) { //nolint:paralleltest // measures what the process allocates
	const hash, noise = 19 << 20, 4 << 20 // bytes
	w := authtest.New(t, authtest.Options{})
	w.SignUp(t, ada)
	bare := w.SignUp(t, "bare@example.com").User.ID
	if _, err := w.Pool.Exec(t.Context(), `delete from credential where user_id = $1`, bare); err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{ada, "nobody@example.com", "bare@example.com"} {
		before := allocated()
		_, err := w.SignIn(t, email, newWords)
		if spent := allocated() - before; spent < hash || spent > hash+noise {
			t.Errorf("%s is refused at the cost of %d bytes, want about %d", email, spent, hash)
		}
		f := fault.From(err)
		if diff := cmp.Diff(account.ErrCredentials, fault.New(f.Kind, f.Code, f.Message)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", email, diff)
		}
	}
}

// allocated returns how many bytes the process has ever allocated.
func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

// TestService_SignInRecordsFailures: a refusal is stored, the address that nobody has is not.
func TestService_SignInRecordsFailures(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	id := w.SignUp(t, ada).User.ID
	for _, email := range []string{ada, "nobody@example.com"} {
		if _, err := w.SignIn(t, email, newWords); !errors.Is(err, account.ErrCredentials) {
			t.Fatal(err)
		}
	}
	for key, want := range map[string]string{id: ada, "": ""} {
		var failures []authtest.Recorded
		for _, e := range w.Events(t) {
			if e.Key == key && e.Type == authapi.EventSignInFailed {
				failures = append(failures, e)
			}
		}
		if len(failures) != 1 {
			t.Fatalf("%d failures are recorded about %q, want 1", len(failures), key)
		}
		var about struct{ Email, IP string }
		if err := json.Unmarshal(failures[0].Personal, &about); err != nil {
			t.Fatal(err)
		}
		if about.Email != want || about.IP == "" || failures[0].Outcome != "failure" {
			t.Errorf("the failure about %q says %s, outcome %s", key, failures[0].Personal, failures[0].Outcome)
		}
		if strings.Contains(string(failures[0].Body), "example.com") {
			t.Errorf("the facts hold an address: %s", failures[0].Body)
		}
	}
}

func TestService_SignOut(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	signed := w.SignUp(t, ada)
	for range 2 { // the second finds nothing, which is no error
		if err := w.Accounts.SignOut(t.Context(), signed.Session.TokenHash); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Accounts.Current(t.Context(), signed.Session.TokenHash); !errors.Is(err, account.ErrUnauthorized) {
		t.Errorf("Current = %v, want ErrUnauthorized", err)
	}
	want := []string{authapi.EventSignedUp, authapi.EventVerificationMailSent, authapi.EventSignedOut}
	if diff := cmp.Diff(want, w.Types(t, signed.User.ID)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// store puts a hash in the place of the user's own.
func store(t *testing.T, w *authtest.World, userID, hash string) {
	t.Helper()
	err := w.Store.InTx(t.Context(), func(tx account.Tx) error { return tx.SetPassword(t.Context(), userID, hash) })
	if err != nil {
		t.Fatal(err)
	}
}
