package account_test

import (
	"context"
	"errors"
	"testing"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
)

// TestService_CopiedUser: a copy counts until something changes that it shows, and only while
// that would be known.
func TestService_CopiedUser(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	id, other := w.SignUp(t, ada).User.ID, w.SignUp(t, "eve@example.com").User.ID
	var out epoch.Out
	reachable := true
	identity := epoch.NewFollower(epoch.FollowerConfig{
		Source: identityapi.Service, Log: zerolog.Nop(),
		Ask: func(_ context.Context, in epoch.In) (epoch.Out, error) {
			out.Nonce = in.Nonce
			if !reachable {
				return epoch.Out{}, errors.New("cut off")
			}
			return out, nil
		},
	})
	follow := func() {
		t.Helper()
		if err := identity.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.Accounts.Users = account.NewUserCopies(identity, true)
	find := func() error { _, err := w.Accounts.CopiedUser(t.Context(), id); return err }
	cut := func(where authtest.Cut) { w.Identity.CutOff("find_user", where) }

	if err := find(); err != nil {
		t.Fatal(err)
	}
	cut(authtest.BeforeCall)
	if err := find(); err == nil {
		t.Error("a copy counts although nobody has said that it is up to date")
	}
	follow()
	if err := find(); err != nil {
		t.Errorf("identity is asked for what is known: %v", err)
	}
	out = epoch.Out{Head: 1, Entries: []epoch.Entry{{ID: 1, Number: 1, Scope: identityapi.ScopeUser, Key: other}}}
	follow()
	if err := find(); err != nil {
		t.Errorf("somebody else's change counts: %v", err)
	}
	cut(authtest.Whole)
	w.Identity.Change(id, func(u *identityapi.User) { u.Banned = true })
	out = epoch.Out{Head: 2, Entries: []epoch.Entry{{ID: 2, Number: 2, Scope: identityapi.ScopeUser, Key: id}}}
	follow()
	for range 2 { // the second time too: who is banned is not kept
		if err := find(); !errors.Is(err, account.ErrUnauthorized) {
			t.Errorf("after a ban: %v", err)
		}
	}
	reachable = false
	cut(authtest.BeforeCall)
	if err := find(); err == nil || errors.Is(err, account.ErrUnauthorized) {
		t.Errorf("an outage is no refusal: %v", err)
	}
}
