package admin

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

func TestStatement_permissions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statement Statement
		want      []string // nil: nobody may
	}{
		"names the protocol's own resources in the plural": {
			Statement{"user": {"create", "set-role"}, "session": {"list"}}, []string{"sessions:list", "users:create", "users:set-role"},
		},
		"takes other resources as they are":    {Statement{"orders": {"ship"}, "users": {"read"}}, []string{"orders:ship", "users:read"}},
		"allows nothing by naming nothing":     {Statement{}, nil},
		"allows nothing by naming no action":   {Statement{"user": {"list"}, "session": {}}, nil},
		"allows nobody to act as an admin":     {Statement{"user": {"list", "impersonate-admins"}}, nil},
		"knows no action beside the listed":    {Statement{"user": {"fly"}}, nil},
		"does not mix resources up":            {Statement{"session": {"create"}}, nil},
		"knows no way around the plural":       {Statement{"user": {"list:all"}}, nil},
		"keeps what is no permission one":      {Statement{"orders": {"Ship It"}}, []string{"orders:Ship It"}}, // identity refuses it
		"counts an action that is named twice": {Statement{"orders": {"ship", "ship"}}, []string{"orders:ship", "orders:ship"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := c.statement.permissions()
			slices.Sort(got)
			if ok != (c.want != nil) || (ok && !slices.Equal(got, c.want)) {
				t.Errorf("permissions = %q, %t; want %q", got, ok, c.want)
			}
		})
	}
}

// Every power that an endpoint takes is one that has-permission knows.
func TestPowers_AreInTheStatement(t *testing.T) {
	t.Parallel()
	var known []string
	for resource, names := range actions {
		for _, action := range names {
			known = append(known, resource+"s:"+action)
		}
	}
	powers := []power{
		toCreate, toList, toGet, toUpdate, toSetRole, toSetEmail, toSetPhone, toSetFactor, toSetPassword, toBan, toDelete, toImpersonate, toListSessions, toRevokeSessions,
	}
	for _, p := range powers {
		if !slices.Contains(known, p.permission) {
			t.Errorf("%s is not among the actions", p.permission)
		}
		if p.refusal.Message == "" || !strings.HasPrefix(p.refusal.Code, "YOU_ARE_NOT_ALLOWED_TO_") {
			t.Errorf("%s is refused by %v", p.permission, p.refusal)
		}
	}
}

func TestBanChange_applied(t *testing.T) {
	t.Parallel()
	end, later := time.Unix(1, 0), time.Unix(2, 0)
	free := account.User{}
	banned := account.User{User: identityapi.User{Banned: true, BanReason: new("spam"), BanExpires: &end}}
	for name, c := range map[string]struct {
		user   account.User
		change BanChange
		want   Ban
		banned bool
	}{
		"bans":                           {free, BanChange{Banned: new(true), Reason: new("spam"), Until: &end}, Ban{"spam", &end}, true},
		"does not ban by a reason alone": {free, BanChange{Reason: new("spam")}, Ban{Reason: "spam"}, false},
		"keeps what was not mentioned":   {banned, BanChange{Banned: new(true)}, Ban{"spam", &end}, true},
		"changes the reason":             {banned, BanChange{Reason: new("fraud")}, Ban{"fraud", &end}, true},
		"takes the reason away":          {banned, BanChange{ClearReason: true}, Ban{Until: &end}, true},
		"changes the end":                {banned, BanChange{Until: &later}, Ban{"spam", &later}, true},
		"takes the end away":             {banned, BanChange{ClearUntil: true}, Ban{Reason: "spam"}, true},
		"lets in":                        {banned, BanChange{Banned: new(false)}, Ban{"spam", &end}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, is := c.change.applied(c.user)
			if diff := cmp.Diff(c.want, got); diff != "" || is != c.banned {
				t.Errorf("banned %t, want %t; %s", is, c.banned, diff)
			}
		})
	}
}
