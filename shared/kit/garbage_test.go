package kit

import "testing"

func TestGrowth(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]struct{ idle, busy int }{
		0: {100, 400}, 3 << 20: {100, 400}, 8 << 20: {100, 200}, 12 << 20: {100, 100}, 16 << 20: {50, 50}, 32 << 20: {25, 25}, 64 << 20: {25, 25}, 1 << 40: {25, 25},
	} {
		if got := growth(live, 1<<20); got != want.idle {
			t.Errorf("idle, %d bytes grow by %d percent, want %d", live, got, want.idle)
		}
		if got := growth(live, 100<<20); got != want.busy {
			t.Errorf("busy, %d bytes grow by %d percent, want %d", live, got, want.busy)
		}
	}
}
