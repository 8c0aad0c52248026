package user_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/identitytest"
	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

func replacement(roles ...string) role.Replacement {
	return role.Replacement{Roles: roles, Actor: actor}
}

func names(found []user.User) []string {
	var all []string
	for _, u := range found {
		all = append(all, strings.TrimSuffix(u.Email, "@example.com"))
	}
	return all
}

// people makes four users: ada (banned), bob (banned once), 100_sure (called 100%_SURE) and zoe, an
// administrator and clerk.
func people(t *testing.T) *identitytest.World {
	t.Helper()
	w := identitytest.New(t, identitytest.Options{})
	for i, name := range []string{"ada", "bob", "100_sure", "zoe"} {
		u := w.SignUp(t, name+"@example.com")
		if _, err := w.Users.Update(t.Context(), u.ID, user.Patch{Name: new(strings.Replace(strings.ToUpper(name), "_", "%_", 1)), EmailVerified: new(i%2 == 0)}, actor); err != nil {
			t.Fatal(err)
		}
		switch name {
		case "ada":
			w.Ban(t, u.ID, nil)
		case "bob":
			w.Ban(t, u.ID, new(w.Clock.Now()))
		case "zoe":
			if _, err := w.Roles.GrantByEmail(t.Context(), u.Email, role.Admin, actor); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Roles.Create(t.Context(), u.ID, "clerk", nil); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Roles.Grant(t.Context(), u.ID, u.ID, "clerk"); err != nil {
				t.Fatal(err)
			}
		}
		w.Clock.Advance(24 * time.Hour)
	}
	return w
}

func TestService_Search(t *testing.T) {
	t.Parallel()
	w := people(t)
	second := w.Clock.Now().Add(-3 * 24 * time.Hour).UTC().Format(time.RFC3339Nano)
	for name, c := range map[string]struct {
		in    user.Search
		want  []string
		total int
	}{
		"lists all in the order of their coming": {user.Search{}, []string{"ada", "bob", "100_sure", "zoe"}, 4},
		"pages":                                  {user.Search{Limit: 2, Offset: 1, SortBy: "email", SortDirection: "desc"}, []string{"bob", "ada"}, 4},
		"caps":                                   {user.Search{Limit: 1 << 40}, []string{"ada", "bob", "100_sure", "zoe"}, 4},
		"counts beyond the end":                  {user.Search{Offset: 9}, nil, 4},

		"searches addresses":             {user.Search{SearchValue: "ada"}, []string{"ada"}, 1},
		"tells upper from lower case":    {user.Search{SearchValue: "ADA"}, nil, 0},
		"searches names":                 {user.Search{SearchField: "name", SearchOperator: "ends_with", SearchValue: "OE"}, []string{"zoe"}, 1},
		"takes wildcards as they are":    {user.Search{SearchField: "name", SearchValue: "0%_S"}, []string{"100_sure"}, 1},
		"takes a lone wildcard as it is": {user.Search{SearchValue: "_"}, []string{"100_sure"}, 1},
		"takes a lone percent as it is":  {user.Search{SearchField: "name", SearchValue: "%"}, []string{"100_sure"}, 1},
		"takes a backslash as it is":     {user.Search{SearchValue: `\`}, nil, 0},
		"takes SQL as it is":             {user.Search{SearchValue: "' or true --"}, nil, 0},
		"searches and filters": {
			user.Search{SearchValue: "example", FilterField: "email_verified", FilterValues: []string{"true"}}, []string{"ada", "100_sure"}, 2,
		},

		"filters by the present ban":    {user.Search{FilterField: "banned", FilterValues: []string{"true"}}, []string{"ada"}, 1},
		"filters by the lack of a ban":  {user.Search{FilterField: "banned", FilterOperator: "ne", FilterValues: []string{"true"}}, []string{"bob", "100_sure", "zoe"}, 3},
		"filters by role":               {user.Search{FilterField: "role", FilterValues: []string{"user"}}, []string{"ada", "bob", "100_sure"}, 3},
		"filters by roles":              {user.Search{FilterField: "role", FilterValues: []string{"admin,clerk"}}, []string{"zoe"}, 1},
		"filters by a part of the role": {user.Search{FilterField: "role", FilterOperator: "contains", FilterValues: []string{"admin"}}, []string{"zoe"}, 1},
		"filters by time":               {user.Search{FilterField: "created_at", FilterOperator: "gt", FilterValues: []string{second}}, []string{"100_sure", "zoe"}, 2},
		"filters by many values":        {user.Search{FilterField: "email", FilterOperator: "in", FilterValues: []string{"ada@example.com", "bob@example.com"}}, []string{"ada", "bob"}, 2},
		"filters by the others":         {user.Search{FilterField: "email", FilterOperator: "not_in", FilterValues: []string{"ada@example.com"}}, []string{"bob", "100_sure", "zoe"}, 3},
		"knows nobody among none":       {user.Search{FilterField: "email", FilterOperator: "in"}, nil, 0},
		"knows all beside none":         {user.Search{FilterField: "email", FilterOperator: "not_in", Limit: 1}, []string{"ada"}, 4},
		"filters by a beginning":        {user.Search{FilterField: "name", FilterOperator: "starts_with", FilterValues: []string{"100%"}}, []string{"100_sure"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, total, err := w.Users.Search(t.Context(), c.in)
			if err != nil || total != c.total || !slices.Equal(names(found), c.want) {
				t.Errorf("Search = %q of %d, %v; want %q of %d", names(found), total, err, c.want, c.total)
			}
		})
	}
	for name, in := range map[string]user.Search{
		"a field that is none":           {FilterField: "password", FilterValues: []string{"x"}},
		"SQL for a field":                {FilterField: "id; drop table users", FilterValues: []string{"x"}},
		"SQL for an order":               {SortBy: "email; --"},
		"the image as an order":          {SortBy: "image"},
		"SQL for a direction":            {SortDirection: "desc; --"},
		"an operator that is none":       {FilterField: "email", FilterOperator: "like", FilterValues: []string{"x"}},
		"an operator of another search":  {SearchOperator: "eq", SearchValue: "x"},
		"a search elsewhere":             {SearchField: "phone_number", SearchValue: "x"},
		"a part of an id":                {FilterField: "id", FilterOperator: "contains", FilterValues: []string{"0"}},
		"a part of a time":               {FilterField: "created_at", FilterOperator: "contains", FilterValues: []string{"2026"}},
		"no value":                       {FilterField: "email"},
		"two values for one":             {FilterField: "email", FilterValues: []string{"a", "b"}},
		"too many values":                {FilterField: "email", FilterOperator: "in", FilterValues: make([]string, 101)},
		"what is neither true nor false": {FilterField: "banned", FilterValues: []string{"1"}},
		"what is no time":                {FilterField: "created_at", FilterValues: []string{"yesterday"}},
		"what is no id":                  {FilterField: "id", FilterValues: []string{"1"}},
		"NUL in a value":                 {FilterField: "email", FilterValues: []string{"\x00"}},
		"NUL in a search":                {SearchValue: "\x00"},
		"a negative limit":               {Limit: -1},
		"a negative offset":              {Offset: -1},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := w.Users.Search(t.Context(), in); !errors.Is(err, identityapi.ErrListInvalid) {
				t.Errorf("Search: %v", err)
			}
		})
	}
}

// Every field goes with every operator that takes it, and with the order.
func TestService_SearchEveryField(t *testing.T) {
	t.Parallel()
	w := people(t)
	values := map[string]string{
		"id": string(identitytest.NewID(t)), "email_verified": "true", "phone_number_verified": "true", "anonymous": "false", "banned": "true",
		"ban_expires": "2026-01-02", "created_at": "2026-01-02T03:04:05.678Z", "updated_at": "2026-01-02T03:04:05+01:00",
	}
	for _, field := range []string{
		"id", "email", "email_verified", "name", "username", "display_username", "phone_number", "phone_number_verified",
		"anonymous", "locale", "role", "banned", "ban_reason", "ban_expires", "created_at", "updated_at",
	} {
		value, typed := values[field]
		for _, operator := range []string{"eq", "ne", "lt", "lte", "gt", "gte", "in", "not_in", "contains", "starts_with", "ends_with"} {
			_, _, err := w.Users.Search(t.Context(), user.Search{
				FilterField: field, FilterOperator: operator, FilterValues: []string{value}, SortBy: field,
			})
			if text := slices.Contains([]string{"contains", "starts_with", "ends_with"}, operator); typed && text {
				if !errors.Is(err, identityapi.ErrListInvalid) {
					t.Errorf("%s %s: %v; want a refusal", field, operator, err)
				}
			} else if err != nil {
				t.Errorf("%s %s: %v", field, operator, err)
			}
		}
	}
}

func TestService_FindAll(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	var ids []user.ID
	for i, image := range []string{"https://example.com/a.png", strings.Repeat("x", identityapi.MaxListImage+1)} {
		u := w.SignUp(t, fmt.Sprintf("ada%d@example.com", i))
		if _, err := w.Users.Update(t.Context(), u.ID, user.Patch{Image: &image}, actor); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, u.ID)
	}
	found, err := w.Users.FindAll(t.Context(), append(ids, identitytest.NewID(t), ids[0]))
	if err != nil || len(found) != 2 {
		t.Fatalf("FindAll = %d, %v", len(found), err)
	}
	for _, u := range found {
		if small := u.ID == ids[0]; small != (u.Image != nil) {
			t.Errorf("image of %s: %v", u.Email, u.Image != nil)
		}
	}
	if none, err := w.Users.FindAll(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("FindAll of none = %v, %v", none, err)
	}
	if _, err := w.Users.FindAll(t.Context(), make([]user.ID, identityapi.MaxFindUsers+1)); !errors.Is(err, identityapi.ErrListInvalid) {
		t.Errorf("FindAll of too many: %v", err)
	}
}
