package signingkey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Store keeps sealed keys, for any number of processes.
type Store interface {
	// List returns the keys that are known at now, in the order in which they sign.
	List(ctx context.Context, now time.Time) ([]Sealed, error)
	// Add stores what next returns for the keys known at now, nil for nothing. No two
	// calls, in whatever processes, may interleave between what next sees and what is
	// stored: that is what makes the first key, and each successor, exactly once. next may
	// be called more than once, and only the last result is stored.
	Add(ctx context.Context, now time.Time, next func([]Sealed) *Sealed) error
}

// A Ring looks at its store when its last look is reloadAfter ago. While the store does
// not answer it goes on with what it has, until that is staleAfter old, and tries again
// every retryAfter.
const (
	reloadAfter = time.Minute
	staleAfter  = 4 * time.Minute
	retryAfter  = 5 * time.Second
)

// Ring holds the keys of an installation. It is safe for concurrent use, and any number
// of processes may share a store.
type Ring struct {
	store Store
	box   *secret.Box
	now   func() time.Time
	known func() int64                         // of the store, see Watch
	taken func(since int64, ids []string) bool // nil: never known
	state chan state                           // holds the one state while nobody looks at it: a lock that honours contexts
}

type state struct {
	keys          []Key
	loaded, tried time.Time
	known         int64 // from before they were loaded
}

// due reports whether it is time to look at the store.
func (s state) due(now time.Time) bool {
	age := now.Sub(s.loaded)
	return age >= staleAfter || age >= reloadAfter && now.Sub(s.tried) >= retryAfter
}

// NewRing returns a Ring on the store. It reads the store when it is first used.
func NewRing(store Store, root secret.Root, now func() time.Time) (*Ring, error) {
	box, err := root.Box("signing-key")
	if err != nil {
		return nil, fmt.Errorf("key for signing keys: %w", err)
	}
	r := &Ring{store: store, box: box, now: now, state: make(chan state, 1)}
	r.state <- state{}
	return r, nil
}

// Watch lets the Ring know when a key of its store has been taken away: known is a number
// that the store has reached, and taken reports whether one of the keys went since a number.
// Then the Ring looks at the store at once. Call it before the Ring is used.
func (r *Ring) Watch(known func() int64, taken func(since int64, ids []string) bool) {
	r.known, r.taken = known, taken
}

// gone reports whether one of the keys has been taken away since they were loaded.
func (r *Ring) gone(have state) bool {
	if r.taken == nil || len(have.keys) == 0 {
		return false
	}
	ids := make([]string, 0, len(have.keys))
	for _, key := range have.keys {
		ids = append(ids, key.ID)
	}
	return r.taken(have.known, ids)
}

// errNoKey cannot happen after a look at the store that went well.
var errNoKey = errors.New("there is no key that may sign now")

// Signing returns the key that signs now: the newest of those that may. It makes the first
// key, and the successor of one that will soon stop signing.
func (r *Ring) Signing(ctx context.Context) (Key, error) {
	keys, err := r.load(ctx)
	if err != nil {
		return Key{}, err
	}
	now := r.now()
	for i := len(keys) - 1; i >= 0; i-- {
		if keys[i].signs(now) {
			return keys[i], nil
		}
	}
	return Key{}, errNoKey
}

// Published returns the keys whose signatures count now, and those that will sign soon.
func (r *Ring) Published(ctx context.Context) ([]Key, error) {
	keys, err := r.load(ctx)
	if err != nil {
		return nil, err
	}
	now := r.now()
	var published []Key
	for _, key := range keys {
		if key.published(now) {
			published = append(published, key)
		}
	}
	return published, nil
}

// load returns the keys as the store had them a short while ago, and makes sure that there
// is one to sign with.
func (r *Ring) load(ctx context.Context) ([]Key, error) {
	var have state
	select {
	case have = <-r.state: // nearly always: waiting has its price
	default:
		select {
		case have = <-r.state:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for signing keys: %w", ctx.Err())
		}
	}
	defer func() { r.state <- have }()
	now := r.now()
	gone := r.gone(have)
	if !have.due(now) && !gone {
		return have.keys, nil
	}
	have.tried = now
	known := int64(0)
	if r.known != nil {
		known = r.known()
	}
	keys, err := r.reload(ctx, now)
	if err == nil {
		have.keys, have.loaded, have.known = keys, now, known
		return keys, nil
	}
	if gone || now.Sub(have.loaded) >= staleAfter || errors.Is(err, ErrSecret) {
		return nil, err
	}
	return have.keys, nil
}

func (r *Ring) reload(ctx context.Context, now time.Time) ([]Key, error) {
	if err := r.store.Add(ctx, now, func(have []Sealed) *Sealed { return r.next(have, now) }); err != nil {
		return nil, fmt.Errorf("rotate signing keys: %w", err)
	}
	stored, err := r.store.List(ctx, now)
	if err != nil {
		return nil, fmt.Errorf("load signing keys: %w", err)
	}
	keys := make([]Key, 0, len(stored))
	for _, s := range stored {
		key, err := open(r.box, s)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// next returns the key that is due: the first one, or the successor of one that will soon
// stop signing.
func (r *Ring) next(have []Sealed, now time.Time) *Sealed {
	if len(have) == 0 {
		return create(r.box, now, now)
	}
	ends := have[len(have)-1].SignsUntil
	switch {
	case now.Before(ends.Add(-PublishFor)):
		return nil
	case ends.Before(now):
		return create(r.box, now, now)
	}
	return create(r.box, now, ends)
}
