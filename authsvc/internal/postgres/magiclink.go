package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/magiclink"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// MagicLink is the store of links that sign in.
type MagicLink struct {
	db     *pgxpool.Pool
	outbox Outbox
	box    *secret.Box
}

var _ magiclink.Store = (*MagicLink)(nil)

// NewMagicLink returns the store on the module's pool. It seals addresses under the root secret.
func NewMagicLink(db *pgxpool.Pool, outbox Outbox, root secret.Root) (*MagicLink, error) {
	box, err := root.Box("magic link")
	if err != nil {
		return nil, err
	}
	return &MagicLink{db, outbox, box}, nil
}

// InTx implements magiclink.Store.
func (m *MagicLink) InTx(ctx context.Context, write func(magiclink.Tx) error) error {
	return pg.Fault(pg.InTx(ctx, m.db, func(tx pgx.Tx) error { return write(magicLinkTx{accountTx{tx, m.outbox}, m.box}) }))
}

const findMagicLink = `
select sealed
from magic_link
where token_hash = $1 and expires_at > $2`

// Find implements magiclink.Store.
func (m *MagicLink) Find(ctx context.Context, hash [32]byte, now time.Time) (magiclink.Link, error) {
	var sealed []byte
	err := m.db.QueryRow(ctx, findMagicLink, hash[:], now).Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return magiclink.Link{}, account.ErrInvalidToken
	}
	if err != nil {
		return magiclink.Link{}, pg.Fault(err)
	}
	plain, err := m.box.Open(sealed, string(hash[:]))
	if err != nil {
		return magiclink.Link{}, fmt.Errorf("open magic link: %w", err)
	}
	var link magiclink.Link
	if err := json.Unmarshal(plain, &link); err != nil {
		return magiclink.Link{}, fmt.Errorf("decode magic link: %w", err)
	}
	return link, nil
}

// magicLinkTx is the writing side of MagicLink within one transaction.
type magicLinkTx struct {
	accountTx
	box *secret.Box
}

var _ magiclink.Tx = magicLinkTx{}

const createMagicLink = `
insert into magic_link (token_hash, sealed, expires_at)
values ($1, $2, $3)`

func (t magicLinkTx) CreateLink(ctx context.Context, hash [32]byte, l magiclink.Link, expires time.Time) error {
	plain, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode magic link: %w", err)
	}
	_, err = t.tx.Exec(ctx, createMagicLink, hash[:], t.box.Seal(plain, string(hash[:])), expires)
	return err
}

const holdMagicLink = `
select
from magic_link
where token_hash = $1 and expires_at > $2
for update`

func (t magicLinkTx) HoldLink(ctx context.Context, hash [32]byte, now time.Time) (bool, error) {
	tag, err := t.tx.Exec(ctx, holdMagicLink, hash[:], now)
	return tag.RowsAffected() == 1, err
}

const useMagicLink = `
delete from magic_link
where token_hash = $1 and expires_at > $2`

func (t magicLinkTx) UseLink(ctx context.Context, hash [32]byte, now time.Time) (bool, error) {
	tag, err := t.tx.Exec(ctx, useMagicLink, hash[:], now)
	return tag.RowsAffected() == 1, err
}
