package epoch_test

import (
	"bytes"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatehouse-auth/gatehouse/shared/epoch"
)

// Below its limits Packs is a map, whatever comes, goes and is replaced by another size.
func TestPacks_IsAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := epoch.NewPacks(4096, 16<<20)
		model := map[int]string{}
		key := rapid.IntRange(0, 300)
		t.Repeat(map[string]func(*rapid.T){
			"keep": func(t *rapid.T) {
				k, v := key.Draw(t, "key"), rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "value")
				p.Keep(copyKey(k), v)
				model[k] = string(v)
			},
			"keep many": func(t *rapid.T) {
				from, size := key.Draw(t, "from"), rapid.IntRange(0, 100).Draw(t, "size")
				for k := from; k < from+100; k++ {
					v := bytes.Repeat([]byte{byte(k)}, size)
					p.Keep(copyKey(k), v)
					model[k] = string(v)
				}
			},
			"drop many": func(t *rapid.T) {
				from := key.Draw(t, "from")
				for k := from; k < from+50; k++ {
					p.Drop(copyKey(k))
					delete(model, k)
				}
			},
			"": func(t *rapid.T) {
				if p.Len() != len(model) {
					t.Fatalf("holds %d, want %d", p.Len(), len(model))
				}
				for k := range 400 {
					got, ok := p.Find(copyKey(k))
					if want, have := model[k]; ok != have || got != want {
						t.Fatalf("%d: %q %t, want %q %t", k, got, ok, want, have)
					}
				}
			},
		})
	})
}

func TestPacks_IsBoundedInNumberAndBytes(t *testing.T) {
	t.Parallel()
	const limit, most = 1600, 160 << 10
	p := epoch.NewPacks(limit, most)
	for n := range 5 * limit {
		p.Keep(copyKey(n), []byte("small"))
	}
	if n := p.Len(); n > limit || n < limit*9/10 {
		t.Errorf("holds %d, the limit is %d", n, limit)
	}
	large := make([]byte, 1<<10)
	for n := range 5 * limit {
		p.Keep(copyKey(n), large)
		if _, ok := p.Find(copyKey(n)); !ok {
			t.Fatalf("%d is not there", n)
		}
	}
	if n := p.Len(); n > most/len(large) || n < most/len(large)*9/10 {
		t.Errorf("holds %d of %d bytes each, in %d bytes", n, len(large), most)
	}
	p.Keep(copyKey(-1), []byte("small"))
	p.Keep(copyKey(-1), make([]byte, most/16+1))
	if _, ok := p.Find(copyKey(-1)); ok {
		t.Error("what is too large is there, or what it replaces")
	}
}

// A copy takes little more than its bytes, after any number of changes.
func TestPacks_Costs(t *testing.T) {
	const n, size = 50_000, 100
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	p := epoch.NewPacks(n*11/10, n*2*size)
	for range 3 {
		for i := range n {
			p.Keep(copyKey(i), make([]byte, size))
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (after.HeapAlloc - before.HeapAlloc) / n; each > size+90 {
		t.Errorf("a copy of %d bytes takes %d", size, each)
	}
	runtime.KeepAlive(p)
}
