package kit

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// headroom is what a heap may grow by before its garbage is collected, or a quarter of
	// it if that is more. By itself Go lets it double, so that copies of sessions would take
	// their memory twice. At the alloc rate of a busy process this collects as often as a
	// heap of 16 MiB is, and most of a large one are texts, which are quick to mark.
	headroom   = 16 << 20
	leastGrown = 25  // percent
	mostGrown  = 100 // percent, Go's own
	weighEvery = time.Second
)

// boundGarbage keeps the garbage of a large heap in bounds until ctx ends.
func boundGarbage(ctx context.Context) {
	ticker := time.NewTicker(weighEvery)
	defer ticker.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for percent := mostGrown; ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		metrics.Read(live)
		if next := growth(live[0].Value.Uint64()); next < percent*9/10 || next > percent*11/10 { // it stops the world to set it
			percent = next
			debug.SetGCPercent(percent)
		}
	}
}

// growth returns by how many percent a heap with so many live bytes may grow.
func growth(live uint64) int {
	return int(min(max(headroom*100/max(live, 1), leastGrown), mostGrown)) //nolint:gosec // at most 100
}
