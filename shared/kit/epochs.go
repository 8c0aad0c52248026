package kit

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/shared/epoch"
)

// epochs joins a module's pool, which is opened first, with the source that stands on it.
type epochs struct{ source *epoch.Source }

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
		Name: module, DB: s.pools[module], Wake: s.wires.wake(module), Log: s.moduleLog(module),
	})
	return joined.source
}
