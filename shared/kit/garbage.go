package kit

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// A busy heap may grow to grown before its garbage is collected, but by leastRoom at least
	// and by mostRoom at most, and by a quarter if that is more. By itself Go lets a heap
	// double: a busy process of a few MiB then spends a sixth of its time collecting, and one
	// with many copies of sessions takes their memory twice.
	grown     = 24 << 20
	leastRoom = 8 << 20
	mostRoom  = 16 << 20

	leastGrown = 25  // percent
	mostGrown  = 400 // percent, of a busy process
	goGrown    = 100 // percent, before anything is set, and of an idle process
	weighEvery = time.Second
)

// boundGarbage lets a heap grow by about its room until ctx ends.
func boundGarbage(ctx context.Context) {
	ticker := time.NewTicker(weighEvery)
	defer ticker.Stop()
	heap := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(heap)
	for percent, before := goGrown, heap[1].Value.Uint64(); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		metrics.Read(heap)
		live, allocated := heap[0].Value.Uint64(), heap[1].Value.Uint64()
		if next := growth(live, allocated-before); next < percent*9/10 || next > percent*11/10 { // it stops the world to set it
			percent = next
			debug.SetGCPercent(percent)
		}
		before = allocated
	}
}

// growth returns by how many percent a heap with so many live bytes may grow in which so
// many were allocated meanwhile. Where these would fill the room once at most there is
// little to save, and memory is better.
func growth(live, allocated uint64) int {
	most := goGrown
	if allocated > mostRoom {
		most = mostGrown
	}
	room := min(max(grown-min(live, grown), leastRoom), mostRoom)
	return int(min(max(room*100/max(live, 1), leastGrown), uint64(most))) //nolint:gosec // a small number
}
