package rpcapi_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/identitytest"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// A user's life through the contract, every call made twice by the codec.
func TestServer_Changes(t *testing.T) {
	t.Parallel()
	for name, c := range callers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, id := t.Context(), string(identitytest.NewID(t))
			must := func(out identityapi.UserOut, err error) identityapi.User {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
				return out.User
			}
			must(identityapi.ReserveUser.Call(ctx, c, identityapi.ReserveUserIn{
				ID: id, Email: "ada@example.com", Username: new("Ada"), DisplayName: new("Ada"), PhoneNumber: new("+1"), Anonymous: true, Locale: "de",
			}))
			u := must(identityapi.ActivateUser.Call(ctx, c, identityapi.ActivateUserIn{ID: id, EmailVerified: true, PhoneNumberVerified: true}))
			if *u.Username != "ada" || *u.DisplayName != "Ada" || *u.PhoneNumber != "+1" || !u.PhoneNumberVerified || !u.Anonymous || u.Locale != "de" {
				t.Errorf("activated %+v", u)
			}
			for _, in := range []identityapi.FindUserIn{{Username: "ADA"}, {PhoneNumber: "+1"}} {
				if found := must(identityapi.FindUser.Call(ctx, c, in)); found.ID != id {
					t.Errorf("FindUser %+v = %s", in, found.ID)
				}
			}
			u = must(identityapi.UpdateUser.Call(ctx, c, identityapi.UpdateUserIn{
				ID: id, Name: new("Ada"), Image: new("x"), Username: new("lovelace"), DisplayName: new("Lovelace"), PhoneNumber: new("+2"),
				PhoneNumberVerified: new(true), Locale: new("en"), Anonymous: new(false), EmailVerified: new(false), Actor: "test",
			}))
			if u.Name != "Ada" || *u.Image != "x" || *u.Username != "lovelace" || *u.DisplayName != "Lovelace" || *u.PhoneNumber != "+2" ||
				!u.PhoneNumberVerified || u.Locale != "en" || u.Anonymous || u.EmailVerified {
				t.Errorf("updated %+v", u)
			}
			if u = must(identityapi.UpdateUser.Call(ctx, c, identityapi.UpdateUserIn{ID: id, ClearImage: true, Actor: "test"})); u.Image != nil || u.Name != "Ada" {
				t.Errorf("updated %+v", u)
			}
			u = must(identityapi.ChangeEmail.Call(ctx, c, identityapi.ChangeEmailIn{
				ID: id, From: "ada@example.com", To: "lovelace@example.com", Verified: true, Actor: id,
			}))
			if u.Email != "lovelace@example.com" || !u.EmailVerified {
				t.Errorf("changed %+v", u)
			}
			ends := c.Clock.Now().Add(time.Hour)
			if u = must(identityapi.BanUser.Call(ctx, c, identityapi.BanUserIn{ID: id, Reason: "spam", Expires: &ends, Actor: "test"})); !u.Banned || *u.BanReason != "spam" {
				t.Errorf("banned %+v", u)
			}
			if u = must(identityapi.UnbanUser.Call(ctx, c, identityapi.UnbanUserIn{ID: id, Actor: "test"})); u.Banned {
				t.Errorf("unbanned %+v", u)
			}
			c.Administrator(t, "boss@example.com")
			u = must(identityapi.SetRoles.Call(ctx, c, identityapi.SetRolesIn{ID: id, Roles: []string{"admin"}, Actor: "test"}))
			if !slices.Equal(u.Roles, []string{"admin", "user"}) {
				t.Errorf("roles %v", u.Roles)
			}
			list, err := identityapi.ListUsers.Call(ctx, c, identityapi.ListUsersIn{SearchValue: "love"})
			if err != nil || list.Total != 1 || list.Users[0].ID != id {
				t.Errorf("ListUsers = %+v, %v", list, err)
			}
			several, err := identityapi.FindUsers.Call(ctx, c, identityapi.FindUsersIn{IDs: []string{id, "1", string(identitytest.NewID(t))}})
			if err != nil || len(several.Users) != 1 || several.Users[0].ID != id {
				t.Errorf("FindUsers = %+v, %v", several, err)
			}
			if _, err := identityapi.DeleteUser.Call(ctx, c, identityapi.DeleteUserIn{ID: id, Actor: "test"}); err != nil {
				t.Error(err)
			}
			if _, err := identityapi.FindUser.Call(ctx, c, identityapi.FindUserIn{ID: id}); !errors.Is(err, identityapi.ErrUserUnknown) {
				t.Errorf("FindUser of the deleted: %v", err)
			}
		})
	}
}

func TestServer_AuthorizesInFull(t *testing.T) {
	t.Parallel()
	for name, c := range callers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			boss := c.Administrator(t, "top@example.com")
			helper := string(c.With(t, boss, "helper", "a:x", "a:y"))
			for _, a := range []struct {
				in   identityapi.AuthorizeIn
				want bool
			}{
				{identityapi.AuthorizeIn{UserID: helper, Permissions: []string{"a:x", "a:y"}}, true},
				{identityapi.AuthorizeIn{UserID: helper, Permission: "a:x", Permissions: []string{"b:x"}}, false},
				{identityapi.AuthorizeIn{UserID: helper, Permission: "a:x", Over: string(boss)}, false},
				{identityapi.AuthorizeIn{UserID: helper, Permission: "a:x", Over: "1"}, true},
				{identityapi.AuthorizeIn{UserID: helper, Permission: "a:x", Over: helper, Roles: []string{"helper"}}, true},
				{identityapi.AuthorizeIn{UserID: helper, Permission: "a:x", Roles: []string{"admin"}}, false},
			} {
				out, err := identityapi.Authorize.Call(t.Context(), c, a.in)
				if err != nil || out.Allowed != a.want {
					t.Errorf("Authorize %+v = %+v, %v", a.in, out, err)
				}
			}
		})
	}
}

// What cannot be an id names nobody, and nobody can be changed.
func TestServer_ChangesNobody(t *testing.T) {
	t.Parallel()
	for name, c := range callers(t) {
		ctx := t.Context()
		user := func(_ identityapi.UserOut, err error) error { return err }
		for _, id := range []string{"", "1", string(identitytest.NewID(t))} {
			for what, got := range map[string]error{
				"update": user(identityapi.UpdateUser.Call(ctx, c, identityapi.UpdateUserIn{ID: id, Actor: "test"})),
				"change": user(identityapi.ChangeEmail.Call(ctx, c, identityapi.ChangeEmailIn{ID: id, From: "a@example.com", To: "b@example.com", Actor: "test"})),
				"ban":    user(identityapi.BanUser.Call(ctx, c, identityapi.BanUserIn{ID: id, Actor: "test"})),
				"unban":  user(identityapi.UnbanUser.Call(ctx, c, identityapi.UnbanUserIn{ID: id, Actor: "test"})),
				"roles":  user(identityapi.SetRoles.Call(ctx, c, identityapi.SetRolesIn{ID: id, Actor: "test"})),
			} {
				if !errors.Is(got, identityapi.ErrUserUnknown) || fault.KindOf(got) != fault.NotFound {
					t.Errorf("%s, %s %q: %v", name, what, id, got)
				}
			}
			if _, err := identityapi.DeleteUser.Call(ctx, c, identityapi.DeleteUserIn{ID: id, Actor: "test"}); err != nil {
				t.Errorf("%s, delete %q: %v", name, id, err)
			}
		}
		refused := user(identityapi.SetRoles.Call(ctx, c, identityapi.SetRolesIn{ID: string(identitytest.NewID(t)), Actor: "test", Subject: "1"}))
		if !errors.Is(refused, identityapi.ErrExceedsOwn) {
			t.Errorf("%s, a subject who cannot exist: %v", name, refused)
		}
	}
}
