package load

import (
	"testing"
	"time"
)

func TestPercentile_IsTheNearestRank(t *testing.T) {
	t.Parallel()
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	for _, c := range []struct {
		list []time.Duration
		p    float64
		want time.Duration
	}{
		{hundred, 0.50, 50}, {hundred, 0.99, 99}, {hundred[:1], 0.99, 1}, {hundred[:3], 0.50, 2}, {nil, 0.50, 0},
	} {
		if got := percentile(c.list, c.p); got != c.want {
			t.Errorf("percentile %g of %d values: %d, want %d", c.p, len(c.list), got, c.want)
		}
	}
}
