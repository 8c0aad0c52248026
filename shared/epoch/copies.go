package epoch

import "sync"

// Copies is a bounded memory of copies by key, such as the SHA-256 of a credential. What
// was not used for a while makes room for what is new. It does not judge whether a copy is
// up to date. It is safe for concurrent use.
type Copies[V any] struct{ shards [shardCount]shard[V] }

// shardCount parts the locks; a key's first byte chooses.
const shardCount = 16

// shard keeps two halves: what was used since the last change of halves, and the rest.
type shard[V any] struct {
	mutex     sync.Mutex
	half      int // copies in one half at most
	used, old map[[32]byte]V
}

// NewCopies returns a memory of at most limit copies, at least 32.
func NewCopies[V any](limit int) *Copies[V] {
	c := &Copies[V]{}
	for i := range c.shards {
		c.shards[i].half = max(1, limit/(2*shardCount))
		c.shards[i].used = map[[32]byte]V{}
	}
	return c
}

// Find returns the copy with the key.
func (c *Copies[V]) Find(key [32]byte) (V, bool) {
	s := &c.shards[key[0]%shardCount]
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if v, ok := s.used[key]; ok {
		return v, true
	}
	v, ok := s.old[key]
	if ok {
		delete(s.old, key)
		s.keep(key, v)
	}
	return v, ok
}

// Keep stores a copy.
func (c *Copies[V]) Keep(key [32]byte, v V) {
	s := &c.shards[key[0]%shardCount]
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.old, key)
	s.keep(key, v)
}

func (s *shard[V]) keep(key [32]byte, v V) {
	if _, have := s.used[key]; !have && len(s.used) >= s.half {
		s.old, s.used = s.used, map[[32]byte]V{}
	}
	s.used[key] = v
}

// Drop removes the copy with the key.
func (c *Copies[V]) Drop(key [32]byte) {
	s := &c.shards[key[0]%shardCount]
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.used, key)
	delete(s.old, key)
}

// Len is how many copies there are.
func (c *Copies[V]) Len() int {
	n := 0
	for i := range c.shards {
		c.shards[i].mutex.Lock()
		n += len(c.shards[i].used) + len(c.shards[i].old)
		c.shards[i].mutex.Unlock()
	}
	return n
}
