package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/events"
)

// change is one transaction, in which users, roles and events change together.
type change struct{ tx pgx.Tx }

var (
	_ user.Tx = change{}
	_ role.Tx = change{}
)

// Record writes the event into the outbox, in the same transaction.
func (c change) Record(ctx context.Context, e events.Event) error {
	return reported("record event", events.Add(ctx, c.tx, e))
}
