package postgres

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/social"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Social is the store of sign-ins through providers. It seals flows under the root secret.
type Social struct {
	*Linked
	flows *secret.Box
}

var _ social.Store = (*Social)(nil)

// NewSocial returns the store on the module's pool.
func NewSocial(db *pgxpool.Pool, outbox Outbox, root secret.Root) (*Social, error) {
	accounts, err := NewLinked(db, outbox, root)
	if err != nil {
		return nil, err
	}
	flows, err := root.Box("social flow")
	if err != nil {
		return nil, err
	}
	return &Social{accounts, flows}, nil
}

// InTx implements social.Store.
func (s *Social) InTx(ctx context.Context, write func(social.Tx) error) error {
	return pg.Fault(pg.InTx(ctx, s.db, func(tx pgx.Tx) error {
		return write(socialTx{linkedTx{accountTx{tx, s.outbox}, s.box}, s.flows})
	}))
}

// socialTx is the writing side of Social within one transaction.
type socialTx struct {
	linkedTx
	flows *secret.Box
}

var _ social.Tx = socialTx{}

const findLinkedAt = `
select id::text, user_id::text, provider_id, account_id, scope, created_at, updated_at
from linked_account
where provider_id = $1 and account_id = $2`

// FindLinked implements social.Store; without tokens.
func (s *Social) FindLinked(ctx context.Context, provider, accountID string) (linked.Account, bool, error) {
	found, err := collectLinked(s.db.Query(ctx, findLinkedAt, provider, accountID))
	if err != nil || len(found) == 0 {
		return linked.Account{}, false, pg.Fault(err)
	}
	return found[0], true, nil
}

const createFlow = `
insert into social_flow (state_hash, sealed, expires_at)
values ($1, $2, $3)`

func (t socialTx) CreateFlow(ctx context.Context, state [32]byte, f social.Flow, expires time.Time) error {
	plain, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("seal a flow: %w", err)
	}
	_, err = t.tx.Exec(ctx, createFlow, state[:], t.flows.Seal(plain, flowLabel(state)), expires)
	return err
}

// flowLabel ties a sealed flow to its row.
func flowLabel(state [32]byte) string { return hex.EncodeToString(state[:]) }

// useFlow decides between parallel uses by the row lock of the delete.
const useFlow = `
delete from social_flow
where state_hash = $1 and expires_at > $2
returning sealed`

func (t socialTx) UseFlow(ctx context.Context, state [32]byte, now time.Time) (social.Flow, bool, error) {
	var sealed []byte
	return openFlow(t.flows, state, &sealed, t.tx.QueryRow(ctx, useFlow, state[:], now).Scan(&sealed))
}

const findFlow = `
select sealed
from social_flow
where state_hash = $1 and expires_at > $2`

// FindFlow implements social.Store.
func (s *Social) FindFlow(ctx context.Context, state [32]byte, now time.Time) (social.Flow, bool, error) {
	var sealed []byte
	flow, found, err := openFlow(s.flows, state, &sealed, s.db.QueryRow(ctx, findFlow, state[:], now).Scan(&sealed))
	return flow, found, pg.Fault(err)
}

// openFlow opens what a query has found.
func openFlow(box *secret.Box, state [32]byte, sealed *[]byte, err error) (social.Flow, bool, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return social.Flow{}, false, nil
	}
	if err != nil {
		return social.Flow{}, false, err
	}
	plain, err := box.Open(*sealed, flowLabel(state))
	if err != nil {
		return social.Flow{}, false, err
	}
	var flow social.Flow
	err = json.Unmarshal(plain, &flow)
	return flow, err == nil, err
}
