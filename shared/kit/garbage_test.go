package kit

import "testing"

func TestGrowth(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 400, 3 << 20: 400, 8 << 20: 200, 16 << 20: 100, 32 << 20: 50, 64 << 20: 25, 1 << 40: 25} {
		if got := growth(live); got != want {
			t.Errorf("%d bytes grow by %d percent, want %d", live, got, want)
		}
	}
}
