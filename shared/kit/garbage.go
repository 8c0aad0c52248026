package kit

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// headroom is what a heap may grow by before its garbage is collected, or a quarter of
	// it if that is more. By itself Go lets it double: a busy process of a few MiB then
	// spends a sixth of its time collecting, and one with many copies of sessions takes
	// their memory twice.
	headroom   = 16 << 20
	leastGrown = 25  // percent
	mostGrown  = 400 // percent
	goGrown    = 100 // percent, before anything is set
	weighEvery = time.Second
)

// boundGarbage lets a heap of any size grow by about the headroom until ctx ends.
func boundGarbage(ctx context.Context) {
	ticker := time.NewTicker(weighEvery)
	defer ticker.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for percent := goGrown; ; {
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
