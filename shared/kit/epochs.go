package kit

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/shared/epoch"
)

// epochConns are connections that no request of the module can take: whoever is signed in
// must not go out because a crowd signs in.
const epochConns = 2

// epochs joins a module's pool, which is opened first, with the source, which stands on
// connections of its own.
type epochs struct {
	source *epoch.Source
	pool   *pgxpool.Pool
}

func (e *epochs) settle(ctx context.Context, number int64) {
	if e.source != nil {
		e.source.Settle(ctx, number)
	}
}

// epochs returns the source of a module that has a schema.
func (s *System) epochs(module string) *epoch.Source {
	joined, ok := s.sources[module]
	if !ok {
		return nil
	}
	joined.source = epoch.NewSource(epoch.SourceConfig{
		Name: module, DB: joined.pool, Wake: s.wires.wake(module), Log: s.moduleLog(module),
	})
	return joined.source
}
