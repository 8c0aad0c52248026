package user

import (
	"context"
	"slices"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Patch is a change of a user. What is nil stays as it is.
type Patch struct {
	Name                *string
	Image               *string
	ClearImage          bool // counts more than Image
	Username            *string
	DisplayUsername     *string
	PhoneNumber         *string
	PhoneNumberVerified *bool
	Locale              *string
	Anonymous           *bool
	EmailVerified       *bool
}

// applied returns the user as the patch makes it, or ErrProfile.
func (p Patch) applied(u User) (User, error) {
	set(&u.Name, p.Name)
	set(&u.Locale, p.Locale)
	set(&u.Anonymous, p.Anonymous)
	set(&u.EmailVerified, p.EmailVerified)
	before := u.PhoneNumber
	for _, text := range []struct{ field, given **string }{
		{&u.Image, &p.Image},
		{&u.Username, &p.Username},
		{&u.DisplayUsername, &p.DisplayUsername},
		{&u.PhoneNumber, &p.PhoneNumber},
	} {
		if *text.given != nil {
			*text.field = *text.given
		}
	}
	if p.ClearImage {
		u.Image = nil
	}
	var err error
	if u.Profile, err = u.normalised(); err != nil {
		return User{}, err
	}
	if !same(u.PhoneNumber, before) {
		u.PhoneNumberVerified = false
	}
	set(&u.PhoneNumberVerified, p.PhoneNumberVerified)
	u.PhoneNumberVerified = u.PhoneNumberVerified && u.PhoneNumber != nil
	return u, nil
}

func set[T any](field, given *T) {
	if given != nil {
		*field = *given
	}
}

// maxRecordedImage is the size of an image up to which the log keeps it.
const maxRecordedImage = 2 << 10

// difference returns the names of what differs between two states of a user, and the
// values of it afterwards.
func difference(before, after User) (names []string, values map[string]any) {
	values = map[string]any{}
	for _, field := range []struct {
		name  string
		equal bool
		value any
	}{
		{"name", before.Name == after.Name, after.Name},
		{"image", same(before.Image, after.Image), after.Image},
		{"username", same(before.Username, after.Username), after.Username},
		{"display_username", same(before.DisplayUsername, after.DisplayUsername), after.DisplayUsername},
		{"phone_number", same(before.PhoneNumber, after.PhoneNumber), after.PhoneNumber},
		{"phone_number_verified", before.PhoneNumberVerified == after.PhoneNumberVerified, after.PhoneNumberVerified},
		{"locale", before.Locale == after.Locale, after.Locale},
		{"anonymous", before.Anonymous == after.Anonymous, after.Anonymous},
		{"email_verified", before.EmailVerified == after.EmailVerified, after.EmailVerified},
	} {
		if field.equal {
			continue
		}
		names = append(names, field.name)
		values[field.name] = field.value
	}
	if after.Image != nil && len(*after.Image) > maxRecordedImage {
		delete(values, "image")
	}
	return names, values
}

// Update changes a user as the patch says.
func (s *Service) Update(ctx context.Context, id ID, p Patch, actor string) (User, error) {
	return s.change(ctx, id, actor, func(tx Tx, u *User) error {
		changed, err := p.applied(*u)
		if err != nil {
			return err
		}
		names, values := difference(*u, changed)
		if len(names) == 0 {
			return nil
		}
		changed.UpdatedAt = s.clock()
		*u = changed
		if err := tx.Save(ctx, changed); err != nil {
			return err
		}
		err = deed{identityapi.EventUserUpdated, id, actor}.record(ctx, tx, map[string]any{"fields": names}, values)
		if err != nil || !slices.Contains(names, "email_verified") {
			return err
		}
		return s.appoint(ctx, tx, u, actor)
	})
}

// EmailChange replaces one address of a user by another.
type EmailChange struct {
	From, To string
	Verified bool // somebody has proved to own To
}

// ChangeEmail gives a user another address. ErrUserUnknown if the old one is not theirs
// any more. Who has proved the new one gets what was promised to it.
func (s *Service) ChangeEmail(ctx context.Context, id ID, c EmailChange, actor string) (User, error) {
	from, errFrom := mail.ParseAddress(c.From)
	to, errTo := mail.ParseAddress(c.To)
	if errFrom != nil || errTo != nil {
		return User{}, identityapi.ErrEmailInvalid
	}
	return s.change(ctx, id, actor, func(tx Tx, u *User) error {
		if u.Email == to.String() {
			return nil
		}
		if u.Email != from.String() {
			return ErrUnknown
		}
		u.Email, u.EmailVerified, u.UpdatedAt = to.String(), c.Verified, s.clock()
		if err := tx.Save(ctx, *u); err != nil {
			return err
		}
		err := deed{identityapi.EventEmailChanged, id, actor}.record(ctx, tx,
			map[string]any{"email_verified": c.Verified}, map[string]any{"old": from.String(), "new": to.String()})
		if err != nil {
			return err
		}
		return s.appoint(ctx, tx, u, actor)
	})
}
