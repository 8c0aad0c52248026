package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

const upsertReservation = `
	insert into reservations (email, id, name, image, username, display_username, phone_number, anonymous, locale, created_at)
	values (@email, @id, @name, @image, @username, @display_username, @phone_number, @anonymous, @locale, @created_at)
	on conflict (email) do update
	set id = excluded.id,
	    name = excluded.name,
	    image = excluded.image,
	    username = excluded.username,
	    display_username = excluded.display_username,
	    phone_number = excluded.phone_number,
	    anonymous = excluded.anonymous,
	    locale = excluded.locale,
	    created_at = excluded.created_at`

const usedByUsers = `
	select exists (select from users where email = $1),
	       exists (select from users where id = $2) or exists (select from tombstones where id = $2),
	       exists (select from users where username = $3),
	       exists (select from users where phone_number = $4)`

// Reserve implements user.Signups. It looks for a user after it has the reservation's
// row: if another sign-up was turning that row into a user, the first statement has
// waited for it and the second one sees its result.
func (c change) Reserve(ctx context.Context, r user.Reservation) error {
	_, err := c.tx.Exec(ctx, upsertReservation, pgx.NamedArgs{
		"email": r.Email, "id": r.ID, "name": r.Name, "image": r.Image, "username": r.Username,
		"display_username": r.DisplayUsername, "phone_number": r.PhoneNumber, "anonymous": r.Anonymous,
		"locale": r.Locale, "created_at": r.CreatedAt,
	})
	if pg.IsUnique(err, "reservations_id") {
		return user.ErrIDTaken
	}
	if err != nil {
		return reported("reserve address", err)
	}
	var emailTaken, idTaken, usernameTaken, phoneTaken bool
	err = c.tx.QueryRow(ctx, usedByUsers, r.Email, r.ID, r.Username, r.PhoneNumber).
		Scan(&emailTaken, &idTaken, &usernameTaken, &phoneTaken)
	switch {
	case err != nil:
		return reported("reserve address", err)
	case emailTaken:
		return user.ErrEmailTaken
	case idTaken:
		return user.ErrIDTaken
	case usernameTaken:
		return user.ErrUsername
	case phoneTaken:
		return user.ErrPhone
	}
	return nil
}

const activateReservation = `
	with taken as (
	  delete from reservations
	  where id = @id
	    and created_at >= @not_before
	  returning id, email, name, image, username, display_username, phone_number, anonymous, locale
	)
	insert into users as u (id, email, email_verified, name, image, username, display_username,
	                        phone_number, phone_number_verified, anonymous, locale, created_at, updated_at)
	select id, email, @email_verified, name, image, username, display_username,
	       phone_number, @phone_verified and phone_number is not null, anonymous, locale, @at, @at
	from taken
	returning ` + userColumns

// Activate implements user.Signups.
func (c change) Activate(ctx context.Context, a user.Activation) (user.User, error) {
	active, err := oneUser(ctx, c.tx, activateReservation, pgx.NamedArgs{
		"id": a.ID, "not_before": a.NotBefore(), "email_verified": a.EmailVerified,
		"phone_verified": a.PhoneVerified, "at": a.At,
	})
	if taken := taken(err); taken != nil {
		return user.User{}, taken
	}
	return active, err
}

// taken returns what it is that another user has, if that is what the database reports.
func taken(err error) error {
	switch {
	case pg.IsUnique(err, "users_email"):
		return user.ErrEmailTaken
	case pg.IsUnique(err, "users_username"):
		return user.ErrUsername
	case pg.IsUnique(err, "users_phone_number"):
		return user.ErrPhone
	default:
		return nil
	}
}
