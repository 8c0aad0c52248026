package kit

import (
	"context"
	"fmt"
	"io/fs"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Spec is what a module's root package offers to a composition root.
type Spec struct {
	Name     string     // of the service on the bus, the schema and the role
	Contract []rpc.Desc // what it must serve
	// Migrations are tern files; nil for a module without a database.
	Migrations fs.FS
	// AfterMigrate runs under the migration lock as the schema's owner; may be nil.
	AfterMigrate func(context.Context, *pgx.Conn) error
	// Edge is set for the one module that receives requests and passes them on.
	Edge bool
	// Claims are the paths below which services may publish routes, beside
	// /api/v1/<service>; of the edge only.
	Claims map[string][]string
	// NewConfig returns a pointer to the zero configuration, to be filled from settings.
	NewConfig func() any
	// Build wires the module from what NewConfig returned. It asks the database nothing:
	// the schema may still be on its way.
	Build func(config any, deps Deps) (*Module, error)
}

// Configured binds a module's typed constructor to the untyped fields of a Spec.
func Configured[C any](spec Spec, build func(C, Deps) (*Module, error)) Spec {
	spec.NewConfig = func() any { return new(C) }
	spec.Build = func(config any, deps Deps) (*Module, error) {
		typed, ok := config.(*C)
		if !ok {
			return nil, fmt.Errorf("%s: configured with a %T", spec.Name, config)
		}
		return build(*typed, deps)
	}
	return spec
}

// Deps is what every module is given. A module sees its own database role, its own
// Caller and nothing of its siblings.
type Deps struct {
	Call rpc.Caller       // reaches what the graph allows this module
	DB   *pgxpool.Pool    // own schema, own role; nil without migrations
	Log  zerolog.Logger   // carries the module's name
	Now  func() time.Time // the clock
	Root secret.Root      // derive purposes from it
	Wake events.Wake
	// Epochs tells others what changes in the module's schema, if that has the tables of
	// package epoch; the module serves its method and runs it. Nil without migrations.
	Epochs      *epoch.Source
	Metrics     prometheus.Registerer
	Directory   httpx.Directory // what the edge routes to; nil for others
	BaseURL     *url.URL        // the public origin
	Development bool
}

// Module is a built module: what it serves and what runs beside.
type Module struct {
	Handlers []rpc.Handler
	Routes   []httpx.Route
	Loops    []Loop
	// Ready reports why the module cannot work now, nil if it can; may be nil.
	Ready func(context.Context) error
	// Start accepts work from outside once everything is bound; may be nil.
	Start func(context.Context) error
	// Stop ends what Start began, then releases what Build took; may be nil.
	Stop func(context.Context) error
}

// Loop is background work. Run returns when its context ends; when it returns earlier
// it is started again after a pause, and the error is logged.
type Loop struct {
	Name string
	Run  func(context.Context) error
}
