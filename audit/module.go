// Package audit wires the audit module: it takes in every module's events and serves a
// log that proves what it says.
package audit

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/audit/auditapi"
	"github.com/gatehouse-auth/gatehouse/audit/internal/httpapi"
	"github.com/gatehouse-auth/gatehouse/audit/internal/ledger"
	"github.com/gatehouse-auth/gatehouse/audit/internal/postgres"
	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
	"github.com/gatehouse-auth/gatehouse/audit/internal/vault"
	"github.com/gatehouse-auth/gatehouse/audit/migrations"
	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// Config is the audit module's part of the settings.
type Config struct {
	Origin string `envconfig:"AUDIT_ORIGIN" desc:"name of the log in its checkpoints; empty: the host of GATEHOUSE_BASE_URL"`
}

// Spec is the module for composition roots.
func Spec() kit.Spec {
	return kit.Configured(kit.Spec{
		Name: auditapi.Service, Contract: auditapi.Methods(), Migrations: migrations.Files(),
	}, New)
}

// New wires the audit module.
func New(c Config, deps kit.Deps) (*kit.Module, error) {
	if c.Origin == "" {
		c.Origin = deps.BaseURL.Host + "/audit"
	}
	signer, err := tree.NewSigner(c.Origin, deps.Root.Key("audit/checkpoint"))
	if err != nil {
		return nil, fmt.Errorf("GATEHOUSE_AUDIT_ORIGIN: %w", err)
	}
	personal, err := vault.New(deps.Root)
	if err != nil {
		return nil, err
	}
	log := ledger.New(postgres.NewLedger(deps.DB), personal, signer)
	loops := []kit.Loop{{Name: "checkpoints", Run: log.Run}}
	var intakes []*events.Consumer
	for _, feed := range feeds() {
		intake, err := newIntake(feed, log, deps)
		if err != nil {
			return nil, err
		}
		intakes = append(intakes, intake)
		loops = append(loops, kit.Loop{Name: "intake of " + feed.Service, Run: intake.Run})
	}
	return &kit.Module{
		Routes: httpapi.New(log).Routes(),
		Loops:  loops,
		Ready:  func(ctx context.Context) error { return ready(ctx, deps.DB, intakes) },
	}, nil
}

// feeds are the sources of the log. A module joins the log with a row here and one in
// the graph.
func feeds() []rpc.Method[events.FeedIn, events.FeedOut] {
	return []rpc.Method[events.FeedIn, events.FeedOut]{authapi.Events, identityapi.Events}
}

// newIntake returns the consumer that takes one feed into the log. It takes every type of
// event and sets none aside: a log with gaps would prove nothing.
func newIntake(feed rpc.Method[events.FeedIn, events.FeedOut], log *ledger.Ledger, deps kit.Deps) (*events.Consumer, error) {
	return events.NewConsumer(events.ConsumerConfig{
		Name: auditapi.Service, Method: feed, Caller: deps.Call, DB: deps.DB, Wake: deps.Wake, Log: deps.Log,
		Handle: func(ctx context.Context, tx pgx.Tx, batch []events.Event) error {
			defer log.Grown()
			return log.Take(ctx, postgres.NewIntake(tx), feed.Service, batch)
		},
	})
}

// ready reports a database that does not answer, and an intake that cannot go on.
func ready(ctx context.Context, db *pgxpool.Pool, intakes []*events.Consumer) error {
	if err := db.Ping(ctx); err != nil {
		return pg.Fault(err)
	}
	for _, intake := range intakes {
		if status := intake.Status(); status.Err != nil {
			return status.Err
		}
	}
	return nil
}
