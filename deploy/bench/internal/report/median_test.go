package report

import "testing"

func TestMedian_IsAValueThatWasMeasured(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []int
		want   int
	}{{nil, 0}, {[]int{7}, 7}, {[]int{9, 1, 3}, 3}, {[]int{4, 1, 3, 2}, 2}} {
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v: %d, want %d", c.values, got, c.want)
		}
	}
}

func TestNumber_KeepsThreeDigits(t *testing.T) {
	t.Parallel()
	for value, want := range map[float64]string{
		0: "0", 0.02134: "0.0213", 0.5: "0.500", 2.345: "2.35", 12.34: "12.3", 148: "148", 10934.4: "10934",
	} {
		if got := number(value); got != want {
			t.Errorf("%g is written %s, want %s", value, got, want)
		}
	}
}
