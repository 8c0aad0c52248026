package rpcapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/cookie"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/rpcapi"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const ada = "ada@example.com"

// served is a World with a caller of its contract, and Ada's session in it.
type served struct {
	*authtest.World
	caller rpc.Caller
	in     account.SignedIn
	header string // Cookie
}

func serve(t *testing.T) served {
	t.Helper()
	w := authtest.New(t, authtest.Options{})
	jar := cookie.New(w.Root, true)
	server, err := rpc.NewServer(zerolog.Nop(), rpcapi.New(w.Accounts, w.Grants, jar).Handlers()...)
	if err != nil {
		t.Fatal(err)
	}
	in := w.SignUp(t, ada)
	c := jar.Session(in.Token, true, "")[0]
	return served{w, rpc.NewCodec(server, true), in, c.Name + "=" + c.Value}
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	w := serve(t)
	in, header := w.in, w.header
	want := authapi.AuthenticateOut{
		UserID: in.User.ID, SessionID: in.Session.ID, Roles: []string{identityapi.RoleUser}, AMR: []string{"pwd"},
		AuthTime: in.Session.CreatedAt, ExpiresAt: in.Session.ExpiresAt,
	}
	other := w.SignUp(t, "eve@example.com")
	for name, tc := range map[string]struct {
		in   authapi.AuthenticateIn
		user string // empty: refused
	}{
		"a cookie":                         {authapi.AuthenticateIn{Cookie: header}, in.User.ID},
		"a bearer token":                   {authapi.AuthenticateIn{Authorization: "Bearer " + in.Token}, in.User.ID},
		"a bearer token beside a cookie":   {authapi.AuthenticateIn{Authorization: "Bearer " + other.Token, Cookie: header}, other.User.ID},
		"nothing":                          {authapi.AuthenticateIn{}, ""},
		"an unsigned cookie":               {authapi.AuthenticateIn{Cookie: "__Secure-better-auth.session_token=" + in.Token}, ""},
		"a cookie without the prefix":      {authapi.AuthenticateIn{Cookie: header[len("__Secure-"):]}, ""},
		"the handle":                       {authapi.AuthenticateIn{Authorization: "Bearer " + in.Session.TokenHash.Handle()}, ""},
		"Basic":                            {authapi.AuthenticateIn{Authorization: "Basic " + in.Token}, ""},
		"a token that was never given out": {authapi.AuthenticateIn{Authorization: "Bearer guess"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := authapi.Authenticate.Call(t.Context(), w.caller, tc.in)
			if tc.user == "" && !errors.Is(err, authapi.ErrUnauthenticated) {
				t.Errorf("Authenticate = %v, want ErrUnauthenticated", err)
			}
			if tc.user != "" && (err != nil || got.UserID != tc.user) {
				t.Errorf("Authenticate = user %q, %v; want %q", got.UserID, err, tc.user)
			}
			if tc.user == in.User.ID {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

// Covers Oathkeeper CVE-2026-33496 (no verdict is kept).
func TestAuthenticate_AsksEachTime(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(context.Context, served) error{
		"revoked": func(ctx context.Context, w served) error { return w.Accounts.RevokeSessions(ctx, w.in.User.ID, "") },
		"banned": func(_ context.Context, w served) error {
			w.Identity.Change(w.in.User.ID, func(u *identityapi.User) { u.Banned = true })
			return nil
		},
		"expired, however often it was asked": func(_ context.Context, w served) error {
			w.Clock.Advance(7 * 24 * time.Hour)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(t)
			ask := func() error {
				_, err := authapi.Authenticate.Call(t.Context(), w.caller, authapi.AuthenticateIn{Cookie: w.header})
				return err
			}
			if err := ask(); err != nil {
				t.Fatal(err)
			}
			if err := change(t.Context(), w); err != nil {
				t.Fatal(err)
			}
			if err := ask(); !errors.Is(err, authapi.ErrUnauthenticated) {
				t.Errorf("Authenticate = %v, want ErrUnauthenticated", err)
			}
		})
	}
}

// TestAuthenticate_OutageIsNoVerdict: an outage is not "nobody", which a gateway would answer
// with 401 and a front end would take for a sign-out.
func TestAuthenticate_OutageIsNoVerdict(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]func(served){
		"of the database": func(w served) { w.Pool.Close() },
		"of identity":     func(w served) { w.Identity.CutOff("find_user", authtest.BeforeCall) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(t)
			cut(w)
			_, err := authapi.Authenticate.Call(t.Context(), w.caller, authapi.AuthenticateIn{Cookie: w.header})
			if fault.KindOf(err) != fault.Unavailable {
				t.Errorf("Authenticate = %v, want an outage", err)
			}
		})
	}
}

func TestSigningKeys(t *testing.T) {
	t.Parallel()
	out, err := authapi.SigningKeys.Call(t.Context(), serve(t).caller, authapi.SigningKeysIn{})
	if err != nil {
		t.Fatal(err)
	}
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(out.JWKS, &set); err != nil || len(set.Keys) != 1 || set.Keys[0]["d"] != "" {
		t.Errorf("the keys are %s, %v", out.JWKS, err)
	}
}
