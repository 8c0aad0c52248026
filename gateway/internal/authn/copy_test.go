package authn_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/authn"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/gatewaytest"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// followed is a world whose gateway follows what changes when it is told to.
type followed struct {
	*world
	changes authn.Changes
}

func newFollowed(t *testing.T, keep bool) *followed {
	t.Helper()
	w := newWorld(t)
	caller := w.Caller(t)
	changes := gatewaytest.Changes(caller)
	w.Authenticator = authn.New(authn.Config{
		Call: caller, Issuer: gatewaytest.Issuer, Trusted: func(string) bool { return true }, Changes: changes, Now: w.clock.Now, Keep: keep,
	})
	f := &followed{w, changes}
	f.follow(t)
	return f
}

func (f *followed) follow(t *testing.T) {
	t.Helper()
	for _, each := range []*epoch.Follower{f.changes.Auth, f.changes.Identity} {
		if err := each.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (f *followed) session(t *testing.T) error {
	t.Helper()
	_, err := f.with(t, httpx.Authenticated(), http.MethodGet, "Authorization", "Bearer secret")
	return err
}

func TestAuthenticator_KeepsSessions(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct {
		service string
		mark    epoch.Mark
		asks    bool
	}{
		"the session":               {authapi.Service, epoch.Mark{Scope: authapi.ScopeSession, Key: "session of ada"}, true},
		"what the session shows":    {authapi.Service, epoch.Mark{Scope: authapi.ScopeView, Key: "session of ada"}, true},
		"second factors":            {authapi.Service, epoch.Mark{Scope: authapi.ScopeView, Key: "ada"}, true},
		"what the user may do":      {identityapi.Service, epoch.Mark{Scope: identityapi.ScopeUser, Key: "ada"}, true},
		"what the user shows":       {identityapi.Service, epoch.Mark{Scope: identityapi.ScopeView, Key: "ada"}, true},
		"everything in authsvc":     {authapi.Service, epoch.All(), true},
		"everything in identity":    {identityapi.Service, epoch.All(), true},
		"another session":           {authapi.Service, epoch.Mark{Scope: authapi.ScopeSession, Key: "session of bob"}, false},
		"another user":              {identityapi.Service, epoch.Mark{Scope: identityapi.ScopeUser, Key: "bob"}, false},
		"what roles hold":           {identityapi.Service, epoch.Mark{Scope: identityapi.ScopePermissions}, false},
		"a key, of which it is not": {authapi.Service, epoch.Mark{Scope: authapi.ScopeKey, Key: "key-1"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFollowed(t, true)
			f.SignIn("secret", "ada")
			for range 3 {
				if err := f.session(t); err != nil {
					t.Fatal(err)
				}
			}
			if n := f.Calls("authenticate"); n != 1 {
				t.Errorf("asked %d times", n)
			}
			f.Change(change.service, change.mark)
			f.follow(t)
			if err := f.session(t); err != nil {
				t.Fatal(err)
			}
			if asked := f.Calls("authenticate") > 1; asked != change.asks {
				t.Errorf("asked anew: %t", asked)
			}
		})
	}
}

func TestAuthenticator_EndsSessions(t *testing.T) {
	t.Parallel()
	f := newFollowed(t, true)
	f.SignIn("secret", "ada")
	if err := f.session(t); err != nil {
		t.Fatal(err)
	}
	f.SignOut("secret")
	f.follow(t)
	for range 2 { // that it proves nothing is not kept either
		if err := f.session(t); !errors.Is(err, authapi.ErrUnauthenticated) {
			t.Errorf("after the end: %v", err)
		}
	}
	f.SignIn("secret", "ada")
	if err := f.session(t); err != nil {
		t.Errorf("after it began: %v", err)
	}
}

func TestAuthenticator_KeepsNothingWhenToldSo(t *testing.T) {
	t.Parallel()
	f := newFollowed(t, false)
	f.SignIn("secret", "ada")
	f.Permit("ada", "books:read")
	for range 3 {
		if _, err := f.with(t, httpx.Permission("books:read"), http.MethodGet, "Authorization", "Bearer secret"); err != nil {
			t.Fatal(err)
		}
	}
	if f.Calls("authenticate") < 3 || f.Calls("authorize") != 3 {
		t.Errorf("asked %d and %d times", f.Calls("authenticate"), f.Calls("authorize"))
	}
}

func TestAuthenticator_KeepsPermissions(t *testing.T) {
	t.Parallel()
	f := newFollowed(t, true)
	f.SignIn("secret", "ada")
	f.Permit("ada", "books:read")
	f.follow(t)
	may := func() error {
		_, err := f.with(t, httpx.Permission("books:read"), http.MethodGet, "Authorization", "Bearer secret")
		return err
	}
	for range 3 {
		if err := may(); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.Calls("authorize"); n != 1 {
		t.Errorf("asked %d times", n)
	}
	f.Permit("ada")
	f.follow(t)
	if err := may(); !errors.Is(err, authn.ErrForbidden) {
		t.Errorf("without the permission: %v", err)
	}
	f.Permit("ada", "books:read") // that somebody may not is never kept
	if err := may(); err != nil {
		t.Errorf("with the permission again: %v", err)
	}
}

// Past vulnerability 18 (NATS CVE-2020-26892): what counts is what the token was minted after,
// and no clock.
//
// Criteria R4 and R9: a token ends with anything newer at its session, user, key or all, and
// with nothing else; what the clock of the gateway says plays no part.
func TestAuthenticator_EndsTokens(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct {
		service string
		mark    epoch.Mark
		ends    bool
	}{
		"the session":            {authapi.Service, epoch.Mark{Scope: authapi.ScopeSession, Key: "session-1"}, true},
		"the key":                {authapi.Service, epoch.Mark{Scope: authapi.ScopeKey, Key: "key-1"}, true},
		"what the user may do":   {identityapi.Service, epoch.Mark{Scope: identityapi.ScopeUser, Key: "ada"}, true},
		"everything in authsvc":  {authapi.Service, epoch.All(), true},
		"everything in identity": {identityapi.Service, epoch.All(), true},
		"what is shown":          {identityapi.Service, epoch.Mark{Scope: identityapi.ScopeView, Key: "ada"}, false},
		"another session":        {authapi.Service, epoch.Mark{Scope: authapi.ScopeSession, Key: "session-2"}, false},
		"another user":           {identityapi.Service, epoch.Mark{Scope: identityapi.ScopeUser, Key: "bob"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFollowed(t, true)
			before := f.key.Token(t, f.clock.Now(), nil)
			if _, err := f.bearer(t, before); err != nil {
				t.Fatal(err)
			}
			f.Change(change.service, change.mark)
			f.follow(t)
			if _, err := f.bearer(t, before); errors.Is(err, authn.ErrStale) != change.ends {
				t.Errorf("a token from before: %v", err)
			}
			f.clock.Advance(-time.Minute)
			if _, err := f.bearer(t, before); change.ends && err == nil {
				t.Error("it counts when the clock is put back")
			}
			f.clock.Advance(time.Minute)
			after := f.key.Token(t, f.clock.Now(), gatewaytest.Claims{"rs": f.changes.Auth.Number(), "ri": f.changes.Identity.Number()})
			if _, err := f.bearer(t, after); err != nil {
				t.Errorf("a token from after: %v", err)
			}
		})
	}
}

// Criterion R2: when it cannot be known what changed, no token counts, and sessions are
// looked up.
func TestAuthenticator_WithoutALease(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // has never asked
	w.SignIn("secret", "ada")
	w.Fail("authsvc epochs", fault.New(fault.Unavailable, "down", ""))
	if _, err := w.bearer(t, w.key.Token(t, w.clock.Now(), nil)); fault.KindOf(err) != fault.Unavailable || fault.From(err).RetryAfter == 0 {
		t.Errorf("a token: %v", err)
	}
	for range 3 {
		if _, err := w.with(t, httpx.Authenticated(), http.MethodGet, "Authorization", "Bearer secret"); err != nil {
			t.Errorf("a session: %v", err)
		}
	}
	if n := w.Calls("authenticate"); n != 3 {
		t.Errorf("asked for the session %d times", n)
	}
	w.Fail("authsvc epochs", nil)
	if _, err := w.bearer(t, w.key.Token(t, w.clock.Now(), nil)); err != nil {
		t.Errorf("a token, when it can be known: %v", err)
	}
}

// Criterion R3: what was found counts for as long as it is known that nothing changed.
func TestAuthenticator_Holds(t *testing.T) {
	t.Parallel()
	f := newFollowed(t, true)
	f.SignIn("secret", "ada")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer secret")
	proof, err := f.Enforce(t.Context(), httpx.Authenticated(), r)
	if err != nil || !f.Holds(proof) {
		t.Fatalf("right after: %v", err)
	}
	f.SignOut("secret")
	f.follow(t)
	if f.Holds(proof) {
		t.Error("it holds although the session has ended")
	}
	if !f.Holds(nil) {
		t.Error("a route that asks for nothing is refused")
	}
}
