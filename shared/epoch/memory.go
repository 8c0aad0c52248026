package epoch

import (
	"hash/maphash"
	"time"
)

// How long numbers are kept at least: longer than the oldest copy or token that anybody
// still takes for good. A source keeps its entries as long.
const (
	Keep       = 30 * time.Minute
	generation = 5 * time.Minute // numbers that came within it are forgotten together
)

// memory holds the newest number of each mark. It is not safe for concurrent use.
type memory struct {
	seed        maphash.Seed
	limit       int           // numbers at most
	generations []*numbers    // oldest first
	held        int           // numbers in all generations
	floor       int64         // what is stamped before it is out of date
	newest      int64         // of all numbers and the floor
	keep        time.Duration // of a generation, from its last number on
}

// numbers are those that came within one generation. Marks are hashed: of 2^64 values a
// collision costs one look-up at the source.
type numbers struct {
	byMark map[uint64]int64
	began  time.Duration
	last   int64
}

func newMemory(limit int) *memory {
	return &memory{seed: maphash.MakeSeed(), limit: limit, keep: Keep}
}

func (m *memory) hash(mark Mark) uint64 {
	var h maphash.Hash
	h.SetSeed(m.seed)
	_, _ = h.WriteString(mark.Scope)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(mark.Key)
	return h.Sum64()
}

// raise notes a number of a mark, which is not below any other that is known.
func (m *memory) raise(mark Mark, number int64, now time.Duration) {
	m.newest = max(m.newest, number)
	if mark.Scope == ScopeAll {
		m.raiseFloor(number)
		return
	}
	var current *numbers
	if n := len(m.generations); n > 0 && now-m.generations[n-1].began < generation {
		current = m.generations[n-1]
	} else {
		current = &numbers{byMark: map[uint64]int64{}, began: now}
		m.generations = append(m.generations, current)
	}
	before := len(current.byMark)
	current.byMark[m.hash(mark)] = number
	m.held += len(current.byMark) - before
	current.last = max(current.last, number)
	if m.held > m.limit {
		m.forget()
	}
}

// forget drops the oldest generation: what is stamped before its last number counts no
// more, whatever it is about.
func (m *memory) forget() {
	oldest := m.generations[0]
	m.generations = m.generations[1:]
	m.held -= len(oldest.byMark)
	m.raiseFloor(oldest.last)
}

func (m *memory) raiseFloor(to int64) {
	m.floor = max(m.floor, to)
	m.newest = max(m.newest, to)
}

// age forgets what is older than anything that could be stamped before it.
func (m *memory) age(now time.Duration) {
	for len(m.generations) > 0 && now-m.generations[0].began > m.keep+generation {
		m.forget()
	}
}

// at returns the newest number of a mark, the floor if there is none above it.
func (m *memory) at(mark Mark) int64 {
	hash := m.hash(mark)
	for i := len(m.generations) - 1; i >= 0; i-- { // later generations hold higher numbers
		if number, ok := m.generations[i].byMark[hash]; ok {
			return max(number, m.floor)
		}
	}
	return m.floor
}
