package epoch

import (
	"encoding/binary"
	"sync"
)

// Copies is a bounded memory of copies by key, such as the SHA-256 of a credential. What
// was not used for a while makes room for what is new. It does not judge whether a copy is
// up to date. It is safe for concurrent use.
//
// A copy takes its own size and 40 bytes, and a quarter to a half more for free room. One
// without pointers costs the garbage collector nothing.
type Copies[V any] struct{ shards [shardCount]shard[V] }

// shardCount parts the locks; a key's first byte chooses.
const shardCount = 16

// NewCopies returns a memory of at most limit copies, at least 32. Keys must be evenly
// spread: then nine tenths of the limit are never parted so unevenly that one makes room
// for another.
func NewCopies[V any](limit int) *Copies[V] {
	c := &Copies[V]{}
	for i := range c.shards {
		c.shards[i].limit = max(2, limit/shardCount)
	}
	return c
}

func (c *Copies[V]) shard(key [32]byte) *shard[V] { return &c.shards[key[0]%shardCount] }

// Find returns the copy with the key.
func (c *Copies[V]) Find(key [32]byte) (found V, ok bool) {
	s := c.shard(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	i, ok := s.find(key)
	if ok {
		s.slots[i].state = used
		found = s.slots[i].copy
	}
	return found, ok
}

// Keep stores a copy.
func (c *Copies[V]) Keep(key [32]byte, v V) {
	s := c.shard(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	i, have := s.find(key)
	if !have {
		s.makeRoom(key)
		i, _ = s.find(key)
		s.held++
	}
	s.slots[i] = slot[V]{key, v, kept}
}

// Drop removes the copy with the key.
func (c *Copies[V]) Drop(key [32]byte) {
	s := c.shard(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if i, ok := s.find(key); ok {
		s.drop(i)
	}
}

// Len is how many copies there are.
func (c *Copies[V]) Len() int {
	n := 0
	for i := range c.shards {
		n += c.shards[i].len()
	}
	return n
}

// shard is a hash table with open addressing: a copy lies in the first slot that was free
// from the home of its key on. Go's own map takes a fifth more memory.
type shard[V any] struct {
	mutex       sync.Mutex
	limit, held int
	slots       []slot[V]
}

type slot[V any] struct {
	key   [32]byte
	copy  V
	state state
}

type state uint8

const (
	free state = iota
	kept       // and not used since somebody looked here for room
	used
)

func (s *shard[V]) len() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.held
}

// home is where the search for a key begins. The first byte has chosen the shard.
func (s *shard[V]) home(key [32]byte) int {
	return int(binary.LittleEndian.Uint32(key[1:])) & (len(s.slots) - 1)
}

func (s *shard[V]) next(i int) int { return (i + 1) & (len(s.slots) - 1) }

// find returns the slot of the key, or the one where it would lie.
func (s *shard[V]) find(key [32]byte) (int, bool) {
	if len(s.slots) == 0 {
		return 0, false
	}
	i := s.home(key)
	for ; s.slots[i].state != free; i = s.next(i) {
		if s.slots[i].key == key {
			return i, true
		}
	}
	return i, false
}

const firstSlots = 8

// makeRoom sees to it that a copy with the key fits.
func (s *shard[V]) makeRoom(key [32]byte) {
	if s.held >= s.limit {
		s.evict(key)
	}
	s.grow()
}

// evict drops the next copy, from the home of the key on, that was not used since the last
// time, and returns it; so slots stay evenly taken. There must be one.
func (s *shard[V]) evict(key [32]byte) V {
	i := s.home(key)
	for ; s.slots[i].state != kept; i = s.next(i) {
		if s.slots[i].state == used {
			s.slots[i].state = kept
		}
	}
	return s.drop(i)
}

// grow sees to it that there is a slot for one more, before less than an eighth is free.
func (s *shard[V]) grow() {
	if (s.held+1)*8 <= len(s.slots)*7 {
		return
	}
	before := s.slots
	s.slots = make([]slot[V], max(firstSlots, 2*len(before)))
	for _, moved := range before {
		if moved.state != free {
			i, _ := s.find(moved.key)
			s.slots[i] = moved
		}
	}
}

// drop frees a slot, moves up what lies behind it and could not be found any more, and
// returns what was in it.
func (s *shard[V]) drop(i int) V {
	dropped := s.slots[i].copy
	for j := s.next(i); s.slots[j].state != free; j = s.next(j) {
		mask := len(s.slots) - 1
		if (j-s.home(s.slots[j].key))&mask >= (j-i)&mask {
			s.slots[i] = s.slots[j]
			i = j
		}
	}
	s.slots[i] = slot[V]{}
	s.held--
	return dropped
}
