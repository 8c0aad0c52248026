package epoch_test

import (
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatehouse-auth/gatehouse/shared/epoch"
)

func copyKey(n int) [32]byte { return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n))) } //nolint:gosec // not negative

// Below the limit Copies is a map.
func TestCopies_IsAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := epoch.NewCopies[int](4096)
		model := map[int]int{}
		key := rapid.IntRange(0, 300)
		t.Repeat(map[string]func(*rapid.T){
			"keep": func(t *rapid.T) {
				k, v := key.Draw(t, "key"), rapid.Int().Draw(t, "value")
				c.Keep(copyKey(k), v)
				model[k] = v
			},
			"keep many": func(t *rapid.T) {
				from := key.Draw(t, "from")
				for k := from; k < from+100; k++ {
					c.Keep(copyKey(k), k)
					model[k] = k
				}
			},
			"drop": func(t *rapid.T) {
				k := key.Draw(t, "key")
				c.Drop(copyKey(k))
				delete(model, k)
			},
			"drop many": func(t *rapid.T) {
				from := key.Draw(t, "from")
				for k := from; k < from+50; k++ {
					c.Drop(copyKey(k))
					delete(model, k)
				}
			},
			"": func(t *rapid.T) {
				if c.Len() != len(model) {
					t.Fatalf("holds %d, want %d", c.Len(), len(model))
				}
				for k := range 400 {
					got, ok := c.Find(copyKey(k))
					if want, have := model[k]; ok != have || got != want {
						t.Fatalf("%d: %d %t, want %d %t", k, got, ok, want, have)
					}
				}
			},
		})
	})
}

func TestCopies_HoldsNineTenthsOfItsLimit(t *testing.T) {
	t.Parallel()
	const limit = 110_000
	c := epoch.NewCopies[int](limit)
	for range 2 {
		for n := range limit * 9 / 10 {
			c.Keep(copyKey(n), n)
		}
	}
	for n := range limit * 9 / 10 {
		if _, ok := c.Find(copyKey(n)); !ok {
			t.Fatalf("%d is gone", n)
		}
	}
	for n := range 3 * limit {
		c.Keep(copyKey(n), n)
	}
	if n := c.Len(); n > limit || n < limit*99/100 {
		t.Errorf("holds %d, the limit is %d", n, limit)
	}
}

func TestCopies_KeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	c := epoch.NewCopies[int](1600)
	var busy [400][32]byte
	for i := range busy {
		busy[i] = copyKey(i)
		c.Keep(busy[i], i)
	}
	for n := range 5000 {
		for i, key := range busy {
			if _, ok := c.Find(key); !ok {
				t.Fatalf("%d has made room at %d", i, n)
			}
		}
		c.Keep(copyKey(1000+n), n)
	}
}

// A copy that is found costs nothing, and one that is kept little more than itself.
func TestCopies_Costs(t *testing.T) {
	const n = 50_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c := epoch.NewCopies[[16]byte](n * 11 / 10)
	for i := range n {
		c.Keep(copyKey(i), [16]byte{})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (after.HeapAlloc - before.HeapAlloc) / n; each > 16+64 {
		t.Errorf("a copy of 16 bytes takes %d", each)
	}
	key := copyKey(1)
	if allocs := testing.AllocsPerRun(100, func() { c.Find(key) }); allocs > 0 {
		t.Errorf("to find one takes %v allocations", allocs)
	}
}

func BenchmarkCopies_Find(b *testing.B) {
	c := epoch.NewCopies[[16]byte](110_000)
	var keys [1 << 16][32]byte
	for i := range keys {
		keys[i] = copyKey(i)
		c.Keep(keys[i], [16]byte{})
	}
	for i := 0; b.Loop(); i++ {
		c.Find(keys[i%len(keys)])
	}
}
