package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

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

const saveUser = `
	update users
	set email = @email,
	    email_verified = @email_verified,
	    name = @name,
	    image = @image,
	    username = @username,
	    display_username = @display_username,
	    phone_number = @phone_number,
	    phone_number_verified = @phone_number_verified,
	    anonymous = @anonymous,
	    locale = @locale,
	    banned = @banned,
	    ban_reason = @ban_reason,
	    ban_expires = @ban_expires,
	    updated_at = @updated_at
	where id = @id`

// Save implements user.Tx.
func (c change) Save(ctx context.Context, u user.User) error {
	_, err := c.tx.Exec(ctx, saveUser, pgx.NamedArgs{
		"id": u.ID, "email": u.Email, "email_verified": u.EmailVerified, "name": u.Name, "image": u.Image,
		"username": u.Username, "display_username": u.DisplayUsername,
		"phone_number": u.PhoneNumber, "phone_number_verified": u.PhoneNumberVerified,
		"anonymous": u.Anonymous, "locale": u.Locale,
		"banned": u.Banned, "ban_reason": u.BanReason, "ban_expires": u.BanExpires, "updated_at": u.UpdatedAt,
	})
	if taken := taken(err); taken != nil {
		return taken
	}
	return reported("save user", err)
}

const deleteUser = `
	with gone as (
	  delete from users
	  where id = $1
	  returning id
	)
	insert into tombstones (id, deleted_at)
	select id, $2
	from gone`

// DeleteUser implements user.Tx.
func (c change) DeleteUser(ctx context.Context, id user.ID, at time.Time) error {
	_, err := c.tx.Exec(ctx, deleteUser, id, at)
	return reported("delete user", err)
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
