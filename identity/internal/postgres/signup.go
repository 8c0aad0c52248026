package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

const upsertReservation = `
	insert into reservations (email, id, name, image, created_at)
	values (@email, @id, @name, @image, @created_at)
	on conflict (email) do update
	set id = excluded.id,
	    name = excluded.name,
	    image = excluded.image,
	    created_at = excluded.created_at`

const usedByUsers = `
	select exists (select from users where email = $1),
	       exists (select from users where id = $2)`

// Reserve implements user.Signups. It looks for a user after it has the reservation's
// row: if another sign-up was turning that row into a user, the first statement has
// waited for it and the second one sees its result.
func (c change) Reserve(ctx context.Context, r user.Reservation) error {
	_, err := c.tx.Exec(ctx, upsertReservation, pgx.NamedArgs{
		"email": r.Email, "id": r.ID, "name": r.Name, "image": r.Image, "created_at": r.CreatedAt,
	})
	if pg.IsUnique(err, "reservations_id") {
		return user.ErrIDTaken
	}
	if err != nil {
		return reported("reserve address", err)
	}
	var emailTaken, idTaken bool
	err = c.tx.QueryRow(ctx, usedByUsers, r.Email, r.ID).Scan(&emailTaken, &idTaken)
	switch {
	case err != nil:
		return reported("reserve address", err)
	case emailTaken:
		return user.ErrEmailTaken
	case idTaken:
		return user.ErrIDTaken
	}
	return nil
}

const activateReservation = `
	with taken as (
	  delete from reservations
	  where id = @id
	    and created_at >= @not_before
	  returning id, email, name, image
	)
	insert into users as u (id, email, email_verified, name, image, created_at, updated_at)
	select id, email, @email_verified, name, image, @at, @at
	from taken
	returning ` + userColumns

// Activate implements user.Signups.
func (c change) Activate(ctx context.Context, a user.Activation) (user.User, error) {
	active, err := oneUser(ctx, c.tx, activateReservation, pgx.NamedArgs{
		"id": a.ID, "not_before": a.NotBefore(), "email_verified": a.EmailVerified, "at": a.At,
	})
	if pg.IsUnique(err, "users_email") {
		return user.User{}, user.ErrEmailTaken
	}
	return active, err
}

const lockUser = findUser + `
	for no key update`

// Lock returns the user and keeps others from changing it until the transaction ends.
func (c change) Lock(ctx context.Context, id user.ID) (user.User, error) {
	return oneUser(ctx, c.tx, lockUser, id)
}

const lockUserByEmail = findUserByEmail + `
	for no key update`

// LockByEmail is Lock for the user who has the address.
func (c change) LockByEmail(ctx context.Context, email string) (user.User, error) {
	return oneUser(ctx, c.tx, lockUserByEmail, email)
}

const verifyEmail = `
	update users u
	set email_verified = true,
	    updated_at = $2
	where u.id = $1
	returning ` + userColumns

// Verify implements user.Tx.
func (c change) Verify(ctx context.Context, id user.ID, at time.Time) (user.User, error) {
	return oneUser(ctx, c.tx, verifyEmail, id, at)
}
