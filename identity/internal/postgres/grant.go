package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

const insertGrant = `
	insert into grants (user_id, role, granted_at)
	values ($1, $2, $3)
	on conflict (user_id, role) do nothing`

// Grant implements user.Grants.
func (c change) Grant(ctx context.Context, id user.ID, name string, at time.Time) (bool, error) {
	tag, err := c.tx.Exec(ctx, insertGrant, id, name, at)
	return tag.RowsAffected() == 1, reported("grant role", err)
}

const deleteGrant = `
	delete from grants
	where user_id = $1
	  and role = $2`

// Revoke implements role.Holders.
func (c change) Revoke(ctx context.Context, id user.ID, name string) (bool, error) {
	tag, err := c.tx.Exec(ctx, deleteGrant, id, name)
	return tag.RowsAffected() == 1, reported("revoke role", err)
}

// LockAdministrators implements user.Administrators. Who gives or takes the role holds
// the same row.
func (c change) LockAdministrators(ctx context.Context) error {
	_, err := c.LockRole(ctx, role.Admin)
	return err
}

const administered = `
	select exists (
	  select from grants g
	  join users u on u.id = g.user_id
	  where g.role = 'admin'
	    and not (u.banned and coalesce(u.ban_expires > $1, true)))`

// Administered implements user.Administrators.
func (c change) Administered(ctx context.Context, at time.Time) (bool, error) {
	var left bool
	err := c.tx.QueryRow(ctx, administered, at).Scan(&left)
	return left, reported("count administrators", err)
}

// refersTo reports whether err is a violation (23503) of the named foreign key.
func refersTo(err error, constraint string) bool {
	found, ok := errors.AsType[*pgconn.PgError](err)
	return ok && found.Code == "23503" && found.ConstraintName == constraint
}
