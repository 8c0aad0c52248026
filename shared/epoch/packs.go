package epoch

// Packs is Copies of values that were packed into bytes, and so bounded by their size too.
// It is safe for concurrent use.
//
// A copy takes its bytes and 44 more, and a quarter to a half more for free room. However
// many there are, they cost the garbage collector nothing.
type Packs struct{ shards [shardCount]packShard }

// NewPacks returns a memory of at most limit copies, as NewCopies does, and of at most so
// many bytes. Keys must be evenly spread.
func NewPacks(limit, bytes int) *Packs {
	p := &Packs{}
	for i := range p.shards {
		p.shards[i].limit, p.shards[i].most = max(2, limit/shardCount), bytes/shardCount
	}
	return p
}

func (p *Packs) shard(key [32]byte) *packShard { return &p.shards[key[0]%shardCount] }

// Find returns the copy with the key.
func (p *Packs) Find(key [32]byte) (packed string, ok bool) {
	s := p.shard(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	i, ok := s.find(key)
	if ok {
		s.slots[i].state = used
		packed = string(s.at(s.slots[i].copy))
	}
	return packed, ok
}

// Keep stores a copy, unless it takes more than a sixteenth of all bytes.
func (p *Packs) Keep(key [32]byte, packed []byte) {
	s := p.shard(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.remove(key)
	if len(packed) > s.most {
		return
	}
	for s.held >= s.limit || s.taken+len(packed) > s.most {
		s.taken -= int(s.evict(key).size)
	}
	s.grow()
	i, _ := s.find(key)
	s.slots[i] = slot[extent]{key, s.write(packed), kept}
	s.held++
}

// Drop removes the copy with the key.
func (p *Packs) Drop(key [32]byte) {
	s := p.shard(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.remove(key)
}

// Len is how many copies there are.
func (p *Packs) Len() int {
	n := 0
	for i := range p.shards {
		n += p.shards[i].len()
	}
	return n
}

// packShard has all its copies in one slice, in the order in which they came, with gaps
// where some are gone.
type packShard struct {
	shard[extent]
	most, taken int // bytes
	bytes       []byte
}

// extent says where a copy lies.
type extent struct{ from, size uint32 }

func (s *packShard) at(e extent) []byte { return s.bytes[e.from : e.from+e.size] }

func (s *packShard) remove(key [32]byte) {
	if i, ok := s.find(key); ok {
		s.taken -= int(s.drop(i).size)
	}
}

// write appends a copy. When there is no place, all move to a new slice, without the gaps
// and with an eighth to spare.
func (s *packShard) write(packed []byte) extent {
	if s.taken += len(packed); len(s.bytes)+len(packed) > cap(s.bytes) {
		moved := make([]byte, 0, s.taken+s.taken/8)
		for i := range s.slots {
			if s.slots[i].state != free {
				from := len(moved)
				moved = append(moved, s.at(s.slots[i].copy)...)
				s.slots[i].copy.from = uint32(from) //nolint:gosec // a shard holds less than 4 GiB
			}
		}
		s.bytes = moved
	}
	from := len(s.bytes)
	s.bytes = append(s.bytes, packed...)
	return extent{uint32(from), uint32(len(packed))} //nolint:gosec // as above
}
