package identity

import (
	"context"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/httpapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/page"
	"github.com/gatehouse-auth/gatehouse/identity/internal/postgres"
	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
	"github.com/gatehouse-auth/gatehouse/identity/internal/rpcapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/identity/migrations"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// Config is what the settings decide.
type Config struct {
	AdminEmails []string `envconfig:"ADMIN_EMAILS" desc:"addresses whose users become administrators once verified, in development at once"`
}

// Spec offers the module to a composition root.
func Spec() kit.Spec {
	return kit.Configured(kit.Spec{
		Name:       identityapi.Service,
		Contract:   identityapi.Methods(),
		Migrations: migrations.Files(),
	}, New)
}

// New wires the module. It starts nothing.
func New(c Config, d kit.Deps) (*kit.Module, error) {
	appointments, err := role.NewAppointments(c.AdminEmails, d.Development, d.Now)
	if err != nil {
		return nil, fmt.Errorf("GATEHOUSE_ADMIN_EMAILS: %w", err)
	}
	cursors, err := page.New(d.Root)
	if err != nil {
		return nil, err
	}
	relay, err := events.NewRelay(events.RelayConfig{Source: identityapi.Service, DB: d.DB, Wake: d.Wake, Log: d.Log})
	if err != nil {
		return nil, err
	}
	store := postgres.NewRoles(d.DB)
	guard := role.NewGuard(store, d.Now)
	users := user.New(postgres.NewUsers(d.DB), guard, appointments, d.Now)
	roles := role.New(store, guard, d.Now)
	return &kit.Module{
		Handlers: rpcapi.New(users, roles, guard, events.NewFeed(d.DB), d.Epochs).Handlers(),
		Routes:   httpapi.New(users, roles, cursors).Routes(),
		Loops: []kit.Loop{
			{Name: "relay", Run: relay.Run},
			{Name: "epochs", Run: d.Epochs.Run},
			{Name: "sweep reservations", Run: users.SweepRegularly},
		},
		Ready: func(ctx context.Context) error { return pg.Fault(d.DB.Ping(ctx)) },
		Start: func(ctx context.Context) error { return appointments.AppointAll(ctx, store) },
	}, nil
}
