package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// Roles keeps roles and grants. It is safe for concurrent use.
type Roles struct{ pool *pgxpool.Pool }

// NewRoles returns the store over the module's pool.
func NewRoles(pool *pgxpool.Pool) *Roles { return &Roles{pool} }

var (
	_ role.Store    = (*Roles)(nil)
	_ role.Register = (*Roles)(nil)
)

// Change implements role.Store.
func (s *Roles) Change(ctx context.Context, do func(role.Tx) error) error {
	return pg.InTx(ctx, s.pool, func(tx pgx.Tx) error { return do(change{tx}) })
}

const findRole = `
	select name, permissions, built_in, created_at, updated_at
	from roles
	where name = $1`

// Find implements role.Store.
func (s *Roles) Find(ctx context.Context, name string) (role.Role, error) {
	return oneRole(ctx, s.pool, findRole, name)
}

const listRoles = `
	select name, permissions, built_in, created_at, updated_at
	from roles
	where name > $1
	order by name
	limit $2`

// List implements role.Store.
func (s *Roles) List(ctx context.Context, q role.Query) ([]role.Role, error) {
	rows, err := s.pool.Query(ctx, listRoles, q.After, q.Max)
	if err != nil {
		return nil, reported("list roles", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[role.Role])
	return found, reported("list roles", err)
}

// PermissionsOf implements role.Holdings.
func (s *Roles) PermissionsOf(ctx context.Context, id user.ID, at time.Time) (role.Permissions, error) {
	return permissionsOf(ctx, s.pool, id, at)
}

// PermissionsOf implements role.Holdings, as the transaction sees it.
func (c change) PermissionsOf(ctx context.Context, id user.ID, at time.Time) (role.Permissions, error) {
	return permissionsOf(ctx, c.tx, id, at)
}

const selectPermissions = `
	select distinct unnest(r.permissions) as permission
	from users u
	join roles r on r.name = 'user'
	             or r.name in (select g.role from grants g where g.user_id = u.id)
	where u.id = $1
	  and not (u.banned and coalesce(u.ban_expires > $2, true))
	order by permission`

func permissionsOf(ctx context.Context, q pg.Querier, id user.ID, at time.Time) (role.Permissions, error) {
	rows, err := q.Query(ctx, selectPermissions, id, at)
	if err != nil {
		return nil, reported("find permissions", err)
	}
	held, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return held, reported("find permissions", err)
}

const selectGranted = `
	select distinct unnest(r.permissions) as permission
	from roles r
	where r.name = 'user'
	   or r.name in (select g.role from grants g where g.user_id = $1)
	order by permission`

// PermissionsGranted implements role.Register.
func (s *Roles) PermissionsGranted(ctx context.Context, id user.ID) (role.Permissions, error) {
	rows, err := s.pool.Query(ctx, selectGranted, id)
	if err != nil {
		return nil, reported("find permissions", err)
	}
	held, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return held, reported("find permissions", err)
}

const lockRole = findRole + `
	for update`

// LockRole implements role.Roles.
func (c change) LockRole(ctx context.Context, name string) (role.Role, error) {
	return oneRole(ctx, c.tx, lockRole, name)
}

const insertRole = `
	insert into roles (name, permissions, created_at, updated_at)
	values (@name, @permissions, @created_at, @updated_at)`

// Create implements role.Roles.
func (c change) Create(ctx context.Context, r role.Role) error {
	_, err := c.tx.Exec(ctx, insertRole, pgx.NamedArgs{
		"name": r.Name, "permissions": r.Permissions, "created_at": r.CreatedAt, "updated_at": r.UpdatedAt,
	})
	if pg.IsUnique(err, "roles_pkey") {
		return role.ErrTaken
	}
	return reported("create role", err)
}

const updateRole = `
	update roles
	set permissions = $2,
	    updated_at = $3
	where name = $1`

// Update implements role.Roles.
func (c change) Update(ctx context.Context, r role.Role) error {
	_, err := c.tx.Exec(ctx, updateRole, r.Name, r.Permissions, r.UpdatedAt)
	return reported("update role", err)
}

const deleteRole = `
	delete from roles
	where name = $1`

// Delete implements role.Roles.
func (c change) Delete(ctx context.Context, name string) error {
	_, err := c.tx.Exec(ctx, deleteRole, name)
	if refersTo(err, "grants_role") {
		return role.ErrInUse
	}
	return reported("delete role", err)
}

// oneRole runs a statement that returns one role or none.
func oneRole(ctx context.Context, q pg.Querier, sql string, args ...any) (role.Role, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return role.Role{}, reported("find role", err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[role.Role])
	if errors.Is(err, pgx.ErrNoRows) {
		return role.Role{}, role.ErrUnknown
	}
	return found, reported("find role", err)
}
