package authtest

import (
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Password is the password of every user of a World.
const Password = "correct horse battery staple"

// SignUp makes a user who is signed in, unless verification is required first.
func (w *World) SignUp(t testing.TB, email string) account.SignedIn {
	t.Helper()
	signed, err := Patiently(func() (account.SignedIn, error) {
		return w.Accounts.SignUp(t.Context(), account.SignUp{
			Email: email, Password: Password, Name: "Ada", Origin: account.Origin{IP: "192.0.2.1", UserAgent: "test", Remember: true},
		})
	})
	if err != nil {
		t.Fatalf("sign up %s: %v", email, err)
	}
	return signed
}

// SignIn tries to sign in with a password.
func (w *World) SignIn(t testing.TB, email, password string) (account.SignedIn, error) {
	t.Helper()
	return Patiently(func() (account.SignedIn, error) {
		return w.Accounts.SignIn(t.Context(), account.SignIn{
			Email: email, Password: password, Origin: account.Origin{IP: "192.0.2.2", UserAgent: "test", Remember: true},
		})
	})
}

// Patiently repeats what an overloaded machine turned away, as its callers are told to.
func Patiently[T any](do func() (T, error)) (T, error) {
	for {
		value, err := do()
		if fault.KindOf(err) != fault.Overloaded {
			return value, err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Parallel runs do n times at once and returns when all have ended.
func Parallel(n int, do func(i int)) {
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	group.Wait()
}
