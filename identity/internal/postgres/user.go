package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// Users keeps users. It is safe for concurrent use.
type Users struct{ pool *pgxpool.Pool }

// NewUsers returns the store over the module's pool.
func NewUsers(pool *pgxpool.Pool) *Users { return &Users{pool} }

var _ user.Store = (*Users)(nil)

// Change implements user.Store.
func (s *Users) Change(ctx context.Context, do func(user.Tx) error) error {
	return pg.InTx(ctx, s.pool, func(tx pgx.Tx) error { return do(change{tx}) })
}

// userColumns is what asUser reads.
const userColumns = `
	u.id::text as id, u.email, u.email_verified, u.name, u.image,
	` + userColumnsButImage

const userColumnsButImage = `
	u.username, u.display_username,
	u.phone_number, u.phone_number_verified, u.anonymous, u.locale,
	array(select g.role from grants g where g.user_id = u.id) as roles,
	u.banned, u.ban_reason, u.ban_expires, u.created_at, u.updated_at`

const findUser = `
	select ` + userColumns + `
	from users u
	where u.id = $1`

// Find implements user.Store.
func (s *Users) Find(ctx context.Context, id user.ID) (user.User, error) {
	return oneUser(ctx, s.pool, findUser, string(id))
}

const findUserByEmail = `
	select ` + userColumns + `
	from users u
	where u.email = $1`

// FindByEmail implements user.Store.
func (s *Users) FindByEmail(ctx context.Context, email string) (user.User, error) {
	return oneUser(ctx, s.pool, findUserByEmail, email)
}

const findUserByUsername = `
	select ` + userColumns + `
	from users u
	where u.username = $1`

// FindByUsername implements user.Store.
func (s *Users) FindByUsername(ctx context.Context, username string) (user.User, error) {
	return oneUser(ctx, s.pool, findUserByUsername, username)
}

const findUserByPhone = `
	select ` + userColumns + `
	from users u
	where u.phone_number = $1`

// FindByPhone implements user.Store.
func (s *Users) FindByPhone(ctx context.Context, number string) (user.User, error) {
	return oneUser(ctx, s.pool, findUserByPhone, number)
}

const listUsers = `
	select ` + userColumns + `
	from users u
	where starts_with(u.email, $1)
	  and u.email > $2
	order by u.email
	limit $3`

// List implements user.Store.
func (s *Users) List(ctx context.Context, q user.Query) ([]user.User, error) {
	rows, err := s.pool.Query(ctx, listUsers, q.Prefix, q.After, q.Max)
	if err != nil {
		return nil, reported("list users", err)
	}
	found, err := pgx.CollectRows(rows, asUser)
	return found, reported("list users", err)
}

const deleteReservations = `
	delete from reservations
	where created_at < $1`

// DeleteReservations implements user.Store.
func (s *Users) DeleteReservations(ctx context.Context, before time.Time) error {
	_, err := s.pool.Exec(ctx, deleteReservations, before)
	return reported("delete reservations", err)
}

// asUser reads a user. Everybody has the role user, without a row of grants.
func asUser(row pgx.CollectableRow) (user.User, error) {
	u, err := pgx.RowToStructByName[user.User](row)
	u.Roles = append(u.Roles, "user")
	slices.Sort(u.Roles)
	return u, err
}

// oneUser runs a statement that returns one user or none.
func oneUser(ctx context.Context, q pg.Querier, sql string, args ...any) (user.User, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return user.User{}, reported("find user", err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, asUser)
	if errors.Is(err, pgx.ErrNoRows) {
		return user.User{}, user.ErrUnknown
	}
	return found, reported("find user", err)
}

// reported wraps what the database reports with what was being done.
func reported(doing string, err error) error {
	if err == nil {
		return nil
	}
	return pg.Fault(fmt.Errorf("%s: %w", doing, err))
}
