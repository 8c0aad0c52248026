package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Linked is the store of linked accounts.
type Linked struct {
	db     *pgxpool.Pool
	outbox Outbox
	box    *secret.Box
}

var _ linked.Store = (*Linked)(nil)

// NewLinked returns the store on the module's pool. It seals tokens under the root secret.
func NewLinked(db *pgxpool.Pool, outbox Outbox, root secret.Root) (*Linked, error) {
	box, err := root.Box("linked account")
	if err != nil {
		return nil, err
	}
	return &Linked{db, outbox, box}, nil
}

// InTx implements linked.Store.
func (l *Linked) InTx(ctx context.Context, write func(linked.Tx) error) error {
	return pg.Fault(pg.InTx(ctx, l.db, func(tx pgx.Tx) error { return write(linkedTx{accountTx{tx, l.outbox}, l.box}) }))
}

// linkedTx is the writing side of Linked within one transaction.
type linkedTx struct {
	accountTx
	box *secret.Box
}

var _ linked.Tx = linkedTx{}

// linkedRow is a way in without its tokens.
type linkedRow struct {
	ID         string
	UserID     string
	ProviderID string
	AccountID  string
	Scope      []string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

func (r linkedRow) account() linked.Account {
	return linked.Account{
		ID: r.ID, UserID: r.UserID, Provider: r.ProviderID, AccountID: r.AccountID, Scope: r.Scope, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

func collectLinked(rows pgx.Rows, err error) ([]linked.Account, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (linked.Account, error) {
		r, err := pgx.RowToStructByName[linkedRow](row)
		return r.account(), err
	})
}

const listLinked = `
select id::text, user_id::text, 'credential' as provider_id, user_id::text as account_id, '{}'::text[] as scope, created_at, updated_at
from credential
where user_id = $1
union all
select id::text, user_id::text, provider_id, account_id, scope, created_at, updated_at
from linked_account
where user_id = $1
order by created_at, id`

// List implements linked.Store.
func (l *Linked) List(ctx context.Context, userID string) ([]linked.Account, error) {
	all, err := collectLinked(l.db.Query(ctx, listLinked, userID))
	return all, pg.Fault(err)
}

// The two locks are taken in this order everywhere, the rows of the second in the order of
// their ids; the list is read after both, so that it holds nothing that went meanwhile.
const (
	holdCredential = `
select
from credential
where user_id = $1
for update`
	holdLinked = `
select
from linked_account
where user_id = $1
order by id
for update`
)

func (t linkedTx) Hold(ctx context.Context, userID string) ([]linked.Account, error) {
	for _, hold := range []string{holdCredential, holdLinked} {
		if _, err := t.tx.Exec(ctx, hold, userID); err != nil {
			return nil, err
		}
	}
	return collectLinked(t.tx.Query(ctx, listLinked, userID))
}

// sealedRow is an account at a provider with its tokens.
type sealedRow struct {
	linkedRow
	AccessToken, RefreshToken, IDToken []byte
	AccessExpiresAt, RefreshExpiresAt  *time.Time
}

func (r sealedRow) open(box *secret.Box) (linked.Account, error) {
	a := r.account()
	a.Tokens.AccessExpires, a.Tokens.RefreshExpires = r.AccessExpiresAt, r.RefreshExpiresAt
	for _, part := range []struct {
		sealed []byte
		name   string
		into   *secret.Text
	}{
		{r.AccessToken, "access", &a.Tokens.Access}, {r.RefreshToken, "refresh", &a.Tokens.Refresh}, {r.IDToken, "id", &a.Tokens.ID},
	} {
		if part.sealed == nil {
			continue
		}
		plain, err := box.Open(part.sealed, label(a.ID, part.name))
		if err != nil {
			return linked.Account{}, err
		}
		*part.into = secret.Text(plain)
	}
	return a, nil
}

// label ties a sealed token to its row and its column.
func label(id, token string) string { return id + " " + token }

func (t linkedTx) seal(id, name string, token secret.Text) []byte {
	if token == "" {
		return nil
	}
	return t.box.Seal([]byte(token.Reveal()), label(id, name))
}

const findLinked = `
select id::text, user_id::text, provider_id, account_id, scope, created_at, updated_at,
    access_token, refresh_token, id_token, access_expires_at, refresh_expires_at
from linked_account
where user_id = $1 and id::text = $2`

// Find implements linked.Store.
func (l *Linked) Find(ctx context.Context, userID, id string) (linked.Account, error) {
	rows, err := l.db.Query(ctx, findLinked, userID, id)
	if err != nil {
		return linked.Account{}, pg.Fault(err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[sealedRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return linked.Account{}, linked.ErrUnknown
	}
	if err != nil {
		return linked.Account{}, pg.Fault(err)
	}
	return row.open(l.box)
}

const findByProvider = `
select id::text, user_id::text, provider_id, account_id, scope, created_at, updated_at,
    access_token, refresh_token, id_token, access_expires_at, refresh_expires_at
from linked_account
where provider_id = $1 and account_id = $2
for update`

func (t linkedTx) FindLinked(ctx context.Context, provider, accountID string) (linked.Account, bool, error) {
	rows, err := t.tx.Query(ctx, findByProvider, provider, accountID)
	if err != nil {
		return linked.Account{}, false, err
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[sealedRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return linked.Account{}, false, nil
	}
	if err != nil {
		return linked.Account{}, false, err
	}
	a, err := row.open(t.box)
	return a, err == nil, err
}

const link = `
insert into linked_account (id, user_id, provider_id, account_id, access_token, refresh_token, id_token,
    access_expires_at, refresh_expires_at, scope, created_at, updated_at)
values (@id, @user_id, @provider_id, @account_id, @access_token, @refresh_token, @id_token,
    @access_expires_at, @refresh_expires_at, @scope, @created_at, @updated_at)
on conflict (provider_id, account_id) do nothing`

func (t linkedTx) Link(ctx context.Context, a linked.Account) (bool, error) {
	tag, err := t.tx.Exec(ctx, link, t.arguments(a))
	return tag.RowsAffected() == 1, err
}

const updateTokens = `
update linked_account
set access_token = @access_token, refresh_token = @refresh_token, id_token = @id_token,
    access_expires_at = @access_expires_at, refresh_expires_at = @refresh_expires_at, scope = @scope, updated_at = @updated_at
where id = @id and user_id = @user_id`

func (t linkedTx) UpdateTokens(ctx context.Context, a linked.Account) (bool, error) {
	tag, err := t.tx.Exec(ctx, updateTokens, t.arguments(a))
	return tag.RowsAffected() == 1, err
}

func (t linkedTx) arguments(a linked.Account) pgx.NamedArgs {
	scope := a.Scope
	if scope == nil {
		scope = []string{}
	}
	return pgx.NamedArgs{
		"id": a.ID, "user_id": a.UserID, "provider_id": a.Provider, "account_id": a.AccountID, "scope": scope,
		"access_token": t.seal(a.ID, "access", a.Tokens.Access), "refresh_token": t.seal(a.ID, "refresh", a.Tokens.Refresh),
		"id_token": t.seal(a.ID, "id", a.Tokens.ID), "access_expires_at": a.Tokens.AccessExpires,
		"refresh_expires_at": a.Tokens.RefreshExpires, "created_at": a.CreatedAt, "updated_at": a.UpdatedAt,
	}
}

const unlink = `
with password as (
    delete from credential
    where user_id = $1 and id::text = $2
)
delete from linked_account
where user_id = $1 and id::text = $2`

func (t linkedTx) Unlink(ctx context.Context, userID, id string) error {
	_, err := t.tx.Exec(ctx, unlink, userID, id)
	return err
}

const unlinkAll = `
delete from linked_account
where user_id = $1
returning provider_id`

func (t accountTx) UnlinkAll(ctx context.Context, userID string) ([]string, error) {
	rows, err := t.tx.Query(ctx, unlinkAll, userID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
