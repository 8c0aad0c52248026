package authtest

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// changes binds the methods that change users and decide what they may do.
func (i *Identity) changes() []rpc.Handler {
	return []rpc.Handler{
		identityapi.UpdateUser.Handle(func(_ context.Context, in identityapi.UpdateUserIn) (identityapi.UserOut, error) {
			return i.run("update_user", func() (identityapi.User, error) { return i.update(in) })
		}),
		identityapi.ChangeEmail.Handle(func(_ context.Context, in identityapi.ChangeEmailIn) (identityapi.UserOut, error) {
			return i.run("change_email", func() (identityapi.User, error) { return i.changeEmail(in) })
		}),
		identityapi.BanUser.Handle(func(_ context.Context, in identityapi.BanUserIn) (identityapi.UserOut, error) {
			return i.run("ban_user", func() (identityapi.User, error) { return i.ban(in) })
		}),
		identityapi.UnbanUser.Handle(func(_ context.Context, in identityapi.UnbanUserIn) (identityapi.UserOut, error) {
			return i.run("unban_user", func() (identityapi.User, error) {
				return i.touch(in.ID, func(e *entry) error {
					e.Banned, e.BanReason, e.BanExpires = false, nil, nil
					return nil
				})
			})
		}),
		identityapi.SetRoles.Handle(func(_ context.Context, in identityapi.SetRolesIn) (identityapi.UserOut, error) {
			return i.run("set_roles", func() (identityapi.User, error) { return i.setRoles(in) })
		}),
		identityapi.DeleteUser.Handle(func(_ context.Context, in identityapi.DeleteUserIn) (identityapi.DeleteUserOut, error) {
			return answered(i, "delete_user", func() (identityapi.DeleteUserOut, error) { return identityapi.DeleteUserOut{}, i.remove(in.ID) })
		}),
		identityapi.Authorize.Handle(func(_ context.Context, in identityapi.AuthorizeIn) (identityapi.AuthorizeOut, error) {
			return answered(i, "authorize", func() (identityapi.AuthorizeOut, error) { return i.authorize(in) })
		}),
		identityapi.ListUsers.Handle(func(_ context.Context, in identityapi.ListUsersIn) (identityapi.ListUsersOut, error) {
			return answered(i, "list_users", func() (identityapi.ListUsersOut, error) { return i.list(in) })
		}),
		identityapi.FindUsers.Handle(func(_ context.Context, in identityapi.FindUsersIn) (identityapi.FindUsersOut, error) {
			return answered(i, "find_users", func() (identityapi.FindUsersOut, error) { return i.findAll(in), nil })
		}),
	}
}

// Role makes a role that holds the permissions, or changes what it holds.
func (i *Identity) Role(name string, permissions ...string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.roles[name] = permissions
}

// Grant gives an active user roles beside those that they have.
func (i *Identity) Grant(id string, roles ...string) {
	i.Change(id, func(u *identityapi.User) {
		u.Roles = append(u.Roles, roles...)
		slices.Sort(u.Roles)
		u.Roles = slices.Compact(u.Roles)
	})
}

// touch changes an active user all or not at all.
func (i *Identity) touch(id string, change func(*entry) error) (identityapi.User, error) {
	e := i.users[id]
	if e == nil || !e.active {
		return identityapi.User{}, identityapi.ErrUserUnknown
	}
	changed := *e
	if err := change(&changed); err != nil {
		return identityapi.User{}, err
	}
	before := e.User
	changed.UpdatedAt = i.clock.Now()
	*e = changed
	if slices.Contains(before.Roles, identityapi.RoleAdmin) && !i.administered() {
		e.User = before
		return identityapi.User{}, identityapi.ErrLastAdministrator
	}
	return e.seen(i.clock.Now()), nil
}

// administered reports whether anybody is administrator and not banned.
func (i *Identity) administered() bool {
	for _, e := range i.users {
		if e.active && !e.seen(i.clock.Now()).Banned && slices.Contains(e.Roles, identityapi.RoleAdmin) {
			return true
		}
	}
	return false
}

// free reports whether nobody but id has the username or the phone number.
func (i *Identity) free(id string, username, phone *string) error {
	for other, e := range i.users {
		switch {
		case other == id || !e.active:
		case username != nil && e.Username != nil && *e.Username == *lower(username):
			return identityapi.ErrUsernameTaken
		case phone != nil && e.PhoneNumber != nil && *e.PhoneNumber == *phone:
			return identityapi.ErrPhoneTaken
		}
	}
	return nil
}

func (i *Identity) update(in identityapi.UpdateUserIn) (identityapi.User, error) {
	return i.touch(in.ID, func(e *entry) error {
		if err := i.free(in.ID, in.Username, in.PhoneNumber); err != nil {
			return err
		}
		e.Name, e.Locale = *cmp.Or(in.Name, &e.Name), *cmp.Or(in.Locale, &e.Locale)
		e.Image, e.DisplayName = cmp.Or(in.Image, e.Image), cmp.Or(in.DisplayName, e.DisplayName)
		e.Username = cmp.Or(lower(in.Username), e.Username)
		if in.ClearImage {
			e.Image = nil
		}
		if in.PhoneNumber != nil && (e.PhoneNumber == nil || *in.PhoneNumber != *e.PhoneNumber) {
			e.PhoneNumber, e.PhoneNumberVerified = in.PhoneNumber, false
		}
		for _, text := range []**string{&e.Username, &e.DisplayName, &e.PhoneNumber} {
			if *text != nil && **text == "" {
				*text = nil
			}
		}
		e.PhoneNumberVerified = *cmp.Or(in.PhoneNumberVerified, &e.PhoneNumberVerified) && e.PhoneNumber != nil
		e.Anonymous, e.EmailVerified = *cmp.Or(in.Anonymous, &e.Anonymous), *cmp.Or(in.EmailVerified, &e.EmailVerified)
		return nil
	})
}

func (i *Identity) changeEmail(in identityapi.ChangeEmailIn) (identityapi.User, error) {
	return i.touch(in.ID, func(e *entry) error {
		if e.Email == in.To {
			return nil
		}
		if e.Email != in.From {
			return identityapi.ErrUserUnknown
		}
		for _, other := range i.users {
			if other.active && other.Email == in.To {
				return identityapi.ErrEmailTaken
			}
		}
		e.Email, e.EmailVerified = in.To, in.Verified
		return nil
	})
}

func (i *Identity) ban(in identityapi.BanUserIn) (identityapi.User, error) {
	return i.touch(in.ID, func(e *entry) error {
		e.Banned, e.BanReason, e.BanExpires = true, nil, in.Expires
		if in.Reason != "" {
			e.BanReason = &in.Reason
		}
		return nil
	})
}

func (i *Identity) setRoles(in identityapi.SetRolesIn) (identityapi.User, error) {
	return i.touch(in.ID, func(e *entry) error {
		roles := append([]string{identityapi.RoleUser}, in.Roles...)
		slices.Sort(roles)
		roles = slices.Compact(roles)
		for _, role := range append(slices.Clone(roles), e.Roles...) {
			held, known := i.roles[role]
			if !known {
				return identityapi.ErrRoleUnknown
			}
			exchanged := slices.Contains(roles, role) != slices.Contains(e.Roles, role)
			if exchanged && in.Subject != "" && !holds(i.permissions(in.Subject, true), held) {
				return identityapi.ErrExceedsOwn
			}
		}
		e.Roles = roles
		return nil
	})
}

func (i *Identity) remove(id string) error {
	gone := i.users[id]
	if gone == nil {
		return nil
	}
	delete(i.users, id)
	if slices.Contains(gone.Roles, identityapi.RoleAdmin) && !i.administered() {
		i.users[id] = gone
		return identityapi.ErrLastAdministrator
	}
	return nil
}

// permissions returns what an active user holds; nothing while they are banned, if bans
// count.
func (i *Identity) permissions(id string, bans bool) []string {
	e := i.users[id]
	if e == nil || !e.active || (bans && e.seen(i.clock.Now()).Banned) {
		return nil
	}
	var held []string
	for _, role := range e.Roles {
		held = append(held, i.roles[role]...)
	}
	return held
}

var permissionPattern = regexp.MustCompile(`^\*$|^[a-z][a-z0-9_-]{0,62}:[a-z][a-z0-9_-]{0,62}$`)

func holds(own, wanted []string) bool {
	everything := slices.Contains(own, "*")
	return !slices.ContainsFunc(wanted, func(p string) bool {
		return !permissionPattern.MatchString(p) || (!everything && !slices.Contains(own, p))
	})
}

func (i *Identity) authorize(in identityapi.AuthorizeIn) (identityapi.AuthorizeOut, error) {
	wanted := in.Permissions
	if in.Permission != "" {
		wanted = append([]string{in.Permission}, wanted...)
	}
	own := i.permissions(in.UserID, true)
	for _, role := range in.Roles {
		held, known := i.roles[role]
		if !known {
			return identityapi.AuthorizeOut{}, identityapi.ErrRoleUnknown
		}
		wanted = append(slices.Clone(wanted), held...)
	}
	if in.Over != "" {
		wanted = append(slices.Clone(wanted), i.permissions(in.Over, false)...)
	}
	asked := in.Permission != "" || len(in.Permissions) > 0
	return identityapi.AuthorizeOut{Allowed: asked && holds(own, wanted)}, nil
}

// list knows the search, the order by address, and a filter for an equal address: what
// the rest does is identity's to test.
func (i *Identity) list(in identityapi.ListUsersIn) (identityapi.ListUsersOut, error) {
	sorted := in.SortBy == "" || in.SortBy == "email" || in.SortBy == "created_at"
	if !sorted || in.FilterField != "" && (in.FilterField != "email" || cmp.Or(in.FilterOperator, "eq") != "eq") {
		return identityapi.ListUsersOut{}, identityapi.ErrListInvalid
	}
	out := identityapi.ListUsersOut{Users: []identityapi.User{}}
	for _, e := range i.users {
		text := e.Email
		if in.SearchField == "name" {
			text = e.Name
		}
		if e.active && strings.Contains(strings.ToLower(text), strings.ToLower(in.SearchValue)) &&
			(in.FilterField == "" || slices.Contains(in.FilterValues, e.Email)) {
			out.Users = append(out.Users, e.seen(i.clock.Now()))
		}
	}
	slices.SortFunc(out.Users, func(a, b identityapi.User) int { return cmp.Compare(a.Email, b.Email) })
	out.Total = len(out.Users)
	out.Users = out.Users[min(in.Offset, out.Total):]
	if in.Limit > 0 {
		out.Users = out.Users[:min(in.Limit, len(out.Users))]
	}
	return out, nil
}

func (i *Identity) findAll(in identityapi.FindUsersIn) identityapi.FindUsersOut {
	out := identityapi.FindUsersOut{Users: []identityapi.User{}}
	for id, e := range i.users {
		if e.active && slices.Contains(in.IDs, id) {
			out.Users = append(out.Users, e.seen(i.clock.Now()))
		}
	}
	return out
}

func lower(text *string) *string {
	if text == nil {
		return nil
	}
	return new(strings.ToLower(*text))
}
