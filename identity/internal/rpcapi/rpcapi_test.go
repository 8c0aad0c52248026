package rpcapi_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/identitytest"
	"github.com/gatehouse-auth/gatehouse/identity/internal/rpcapi"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// echoFeed answers with the position it was asked for.
type echoFeed struct{}

func (echoFeed) Read(_ context.Context, in events.FeedIn) (events.FeedOut, error) {
	return events.FeedOut{Head: in.After}, nil
}

// noEpochs is a module in which nothing has changed yet.
type noEpochs struct{}

func (noEpochs) Known() int64 { return 0 }

func (noEpochs) Serve(_ context.Context, in epoch.In) (epoch.Out, error) {
	return epoch.Out{Nonce: in.Nonce}, nil
}

// callers reach one world in every way that needs no broker. The codec makes each
// idempotent call twice, which proves that it is one.
func callers(t *testing.T) map[string]struct {
	*identitytest.World
	rpc.Caller
} {
	t.Helper()
	all := map[string]struct {
		*identitytest.World
		rpc.Caller
	}{}
	for _, name := range []string{"direct", "codec twice"} {
		w := identitytest.New(t, identitytest.Options{AdminEmails: []string{"boss@example.com"}})
		server, err := rpc.NewServer(zerolog.Nop(), rpcapi.New(w.Users, w.Roles, w.Guard, echoFeed{}, noEpochs{}).Handlers()...)
		if err != nil {
			t.Fatal(err)
		}
		if missing, yes := server.Missing(identityapi.Methods()); yes {
			t.Fatalf("nobody serves %s", missing.Key())
		}
		entry := all[name]
		entry.World, entry.Caller = w, rpc.NewDirect(server)
		if name != "direct" {
			entry.Caller = rpc.NewCodec(server, true)
		}
		all[name] = entry
	}
	return all
}

func TestServer_SignUp(t *testing.T) {
	t.Parallel()
	for name, c := range callers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, id, image := t.Context(), string(identitytest.NewID(t)), "https://example.com/a.png"
			reserved, err := identityapi.ReserveUser.Call(ctx, c, identityapi.ReserveUserIn{ID: id, Email: "Boss@Example.com", Name: "Boss", Image: &image})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := identityapi.FindUser.Call(ctx, c, identityapi.FindUserIn{ID: id}); !errors.Is(err, identityapi.ErrUserUnknown) {
				t.Errorf("a reserved user: %v", err)
			}
			active, err := identityapi.ActivateUser.Call(ctx, c, identityapi.ActivateUserIn{ID: id})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(reserved, active); diff != "" {
				t.Errorf("the reservation announced another user: %s", diff)
			}
			verified, err := identityapi.VerifyEmail.Call(ctx, c, identityapi.VerifyEmailIn{ID: id, Email: "boss@example.com"})
			if err != nil {
				t.Fatal(err)
			}
			if !verified.User.EmailVerified || !slices.Equal(verified.User.Roles, []string{"admin", "user"}) {
				t.Errorf("verified %+v", verified.User)
			}
			for _, in := range []identityapi.FindUserIn{{ID: id}, {Email: "BOSS@example.com"}, {ID: id, Email: "ignored"}} {
				found, err := identityapi.FindUser.Call(ctx, c, in)
				if diff := cmp.Diff(verified, found); diff != "" || err != nil {
					t.Errorf("FindUser %+v: %v %s", in, err, diff)
				}
			}
			wanted := []string{identityapi.EventUserCreated, identityapi.EventEmailVerified, identityapi.EventRoleGranted}
			if diff := cmp.Diff(wanted, c.Types(t, id)); diff != "" {
				t.Errorf("events: %s", diff)
			}
		})
	}
}

func TestServer_Authorize(t *testing.T) {
	t.Parallel()
	for name, c := range callers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bob := c.SignUp(t, "bob@example.com")
			granted, err := identityapi.GrantRole.Call(t.Context(), c, identityapi.GrantRoleIn{Email: "bob@example.com", Role: "admin", Actor: "operator"})
			if err != nil || !slices.Contains(granted.User.Roles, "admin") {
				t.Fatalf("GrantRole = %+v, %v", granted, err)
			}
			for _, a := range []struct {
				in   identityapi.AuthorizeIn
				want bool
			}{
				{identityapi.AuthorizeIn{UserID: string(bob.ID), Permission: "audit:read"}, true},
				{identityapi.AuthorizeIn{UserID: string(bob.ID), Permission: ""}, false},
				{identityapi.AuthorizeIn{UserID: string(identitytest.NewID(t)), Permission: "audit:read"}, false},
				{identityapi.AuthorizeIn{UserID: "bob", Permission: "audit:read"}, false},
				{identityapi.AuthorizeIn{}, false},
			} {
				out, err := identityapi.Authorize.Call(t.Context(), c, a.in)
				if err != nil || out.Allowed != a.want {
					t.Errorf("Authorize %+v = %+v, %v", a.in, out, err)
				}
			}
		})
	}
}

// Errors keep their kind and code in every shape.
func TestServer_Refuses(t *testing.T) {
	t.Parallel()
	for name, c := range callers(t) {
		taken := c.SignUp(t, "taken@example.com")
		user := func(_ identityapi.UserOut, err error) error { return err }
		for what, r := range map[string]struct {
			got  error
			want *fault.Error
		}{
			"reserve what is no id": {user(identityapi.ReserveUser.Call(t.Context(), c, identityapi.ReserveUserIn{ID: "1", Email: "a@example.com"})), identityapi.ErrUserIDInvalid},
			"reserve a taken address": {user(identityapi.ReserveUser.Call(t.Context(), c,
				identityapi.ReserveUserIn{ID: string(identitytest.NewID(t)), Email: "taken@example.com"})), identityapi.ErrEmailTaken},
			"activate what is no id":           {user(identityapi.ActivateUser.Call(t.Context(), c, identityapi.ActivateUserIn{ID: "1"})), identityapi.ErrUserUnknown},
			"find what is no id":               {user(identityapi.FindUser.Call(t.Context(), c, identityapi.FindUserIn{ID: "1"})), identityapi.ErrUserUnknown},
			"find nobody named":                {user(identityapi.FindUser.Call(t.Context(), c, identityapi.FindUserIn{})), identityapi.ErrEmailInvalid},
			"verify what is no id":             {user(identityapi.VerifyEmail.Call(t.Context(), c, identityapi.VerifyEmailIn{ID: "1", Email: "a@example.com"})), identityapi.ErrUserUnknown},
			"verify another address":           {user(identityapi.VerifyEmail.Call(t.Context(), c, identityapi.VerifyEmailIn{ID: string(taken.ID), Email: "a@example.com"})), identityapi.ErrUserUnknown},
			"grant a role that is not there":   {user(identityapi.GrantRole.Call(t.Context(), c, identityapi.GrantRoleIn{Email: "taken@example.com", Role: "nothing", Actor: "test"})), identityapi.ErrRoleUnknown},
			"grant to who is not there":        {user(identityapi.GrantRole.Call(t.Context(), c, identityapi.GrantRoleIn{Email: "a@example.com", Role: "admin", Actor: "test"})), identityapi.ErrUserUnknown},
			"grant to what is no address":      {user(identityapi.GrantRole.Call(t.Context(), c, identityapi.GrantRoleIn{Email: "a", Role: "admin"})), identityapi.ErrEmailInvalid},
			"grant what cannot be a role":      {user(identityapi.GrantRole.Call(t.Context(), c, identityapi.GrantRoleIn{Email: "taken@example.com", Role: "\x00", Actor: "test"})), identityapi.ErrRoleUnknown},
			"grant without saying who does":    {user(identityapi.GrantRole.Call(t.Context(), c, identityapi.GrantRoleIn{Email: "taken@example.com", Role: "admin"})), identityapi.ErrActorInvalid},
			"verify what is no address at all": {user(identityapi.VerifyEmail.Call(t.Context(), c, identityapi.VerifyEmailIn{ID: string(taken.ID), Email: "a"})), identityapi.ErrEmailInvalid},
		} {
			if !errors.Is(r.got, r.want) || fault.KindOf(r.got) != r.want.Kind {
				t.Errorf("%s, %s: %v; want %v", name, what, r.got, r.want)
			}
		}
	}
}
