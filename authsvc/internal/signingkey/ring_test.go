package signingkey_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/signingkey"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// store is a Store in memory, for one process.
type store struct {
	mu    sync.Mutex
	keys  []signingkey.Sealed
	down  error
	looks int
}

var _ signingkey.Store = (*store)(nil)

func (s *store) List(_ context.Context, now time.Time) ([]signingkey.Sealed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known(now), s.down
}

func (s *store) Add(_ context.Context, now time.Time, next func([]signingkey.Sealed) *signingkey.Sealed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks++
	if s.down != nil {
		return s.down
	}
	if key := next(s.known(now)); key != nil {
		s.keys = append(s.keys, *key)
	}
	return nil
}

func (s *store) known(now time.Time) []signingkey.Sealed {
	return slices.DeleteFunc(slices.Clone(s.keys), func(k signingkey.Sealed) bool { return !now.Before(k.KnownUntil) })
}

// clock is a clock that tests set.
type clock struct{ nanoseconds atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.advance(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC).Sub(time.Unix(0, 0)))
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.nanoseconds.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.nanoseconds.Add(int64(d)) }

func newRing(t *testing.T, s *store, c *clock) *signingkey.Ring {
	t.Helper()
	return newRingUnder(t, s, c, "a root secret of an installation, long enough")
}

func newRingUnder(t *testing.T, s *store, c *clock, root secret.Text) *signingkey.Ring {
	t.Helper()
	r, err := signingkey.NewRing(s, secret.NewRoot(root), c.now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func signing(t *testing.T, r *signingkey.Ring) signingkey.Key {
	t.Helper()
	key, err := r.Signing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func publishedIDs(t *testing.T, r *signingkey.Ring) []string {
	t.Helper()
	keys, err := r.Published(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, key := range keys {
		ids = append(ids, key.ID)
	}
	return ids
}

func TestRing_FirstKeySignsAtOnce(t *testing.T) {
	t.Parallel()
	s, c := &store{}, newClock()
	key := signing(t, newRing(t, s, c))
	message := []byte("a token")
	if !ed25519.Verify(key.Public, message, ed25519.Sign(key.Private, message)) {
		t.Error("what the private part signs does not verify under the public part")
	}
	if diff := cmp.Diff([]string{key.ID}, publishedIDs(t, newRing(t, s, c))); diff != "" {
		t.Errorf("another process publishes (-want +got):\n%s", diff)
	}
}

func TestRing_MakesTheFirstKeyOnce(t *testing.T) {
	t.Parallel()
	s, c := &store{}, newClock()
	ids := make([]string, 32)
	var all sync.WaitGroup
	for i := range ids {
		r := newRing(t, s, c)
		all.Go(func() {
			key, err := r.Signing(t.Context())
			if err != nil {
				t.Error(err)
			}
			ids[i] = key.ID
		})
	}
	all.Wait()
	if len(s.keys) != 1 || len(slices.Compact(ids)) != 1 {
		t.Errorf("32 processes at once made %d keys and sign with %d", len(s.keys), len(slices.Compact(ids)))
	}
}

// TestRing_Rotates walks through two lives of keys, minute by minute where they meet, and
// holds each step to the overlap: a verifier that keeps its set of keys for CacheFor knows the key
// that signs, and goes on to know it for as long as a token lives.
func TestRing_Rotates(t *testing.T) {
	t.Parallel()
	s, c := &store{}, newClock()
	signer, publisher := newRing(t, s, c), newRing(t, s, c)
	start, last := c.now(), ""
	publishedAt, signedAt := map[string]time.Time{}, map[string]time.Time{}
	for c.now().Sub(start) < 2*signingkey.SignFor+2*signingkey.CountFor {
		key := signing(t, signer)
		ids := publishedIDs(t, publisher)
		for _, id := range ids {
			if _, seen := publishedAt[id]; !seen {
				publishedAt[id] = c.now()
			}
		}
		if key.ID != last && last != "" && c.now().Sub(publishedAt[key.ID]) < signingkey.CacheFor {
			t.Fatalf("at %v a key signs that has been published for %v", c.now(), c.now().Sub(publishedAt[key.ID]))
		}
		last, signedAt[key.ID] = key.ID, c.now()
		for id, at := range signedAt {
			if c.now().Sub(at) < signingkey.CountFor && !slices.Contains(ids, id) {
				t.Fatalf("at %v the set lacks a key that signed %v ago", c.now(), c.now().Sub(at))
			}
		}
		step := 6 * time.Hour
		if left := key.SignsUntil.Sub(c.now()); left < step+time.Hour || left > signingkey.SignFor-2*time.Hour {
			step = time.Minute
		}
		c.advance(step)
	}
	if len(signedAt) != 3 {
		t.Errorf("%d keys signed in two lives and a bit, want 3", len(signedAt))
	}
	if ids := publishedIDs(t, publisher); len(ids) != 1 {
		t.Errorf("%d keys are published at the end, want the one that signs: the old ones must go", len(ids))
	}
}

func TestRing_WakesAfterALongSleep(t *testing.T) {
	t.Parallel()
	s, c := &store{}, newClock()
	first := signing(t, newRing(t, s, c))
	for _, asleep := range []time.Duration{signingkey.SignFor + time.Minute, 3 * signingkey.SignFor} {
		c.advance(asleep)
		if key := signing(t, newRing(t, s, c)); key.ID == first.ID || c.now().Before(key.SignsFrom) {
			t.Errorf("after %v key %s signs from %v", asleep, key.ID, key.SignsFrom)
		}
	}
}

func TestRing_WrongSecret(t *testing.T) {
	t.Parallel()
	s, c := &store{}, newClock()
	signing(t, newRing(t, s, c))
	_, err := newRingUnder(t, s, c, "another root secret, just as long as the one").Signing(t.Context())
	if !errors.Is(err, signingkey.ErrSecret) || !strings.Contains(err.Error(), "former secret") || !strings.Contains(err.Error(), s.keys[0].ID) {
		t.Errorf("Signing = %v, want an error that says what happened and what to do", err)
	}
	if len(s.keys) != 1 {
		t.Errorf("the store holds %d keys: a wrong secret made one", len(s.keys))
	}
}

// TestRing_RefusesChangedRows proves that nobody who can write to the table can move a
// sealed key to another row or put another public key beside it.
func TestRing_RefusesChangedRows(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(s *store){
		"another id":           func(s *store) { s.keys[0].ID = "other" },
		"another public key":   func(s *store) { s.keys[0].Public = slices.Concat(s.keys[0].Public[1:], s.keys[0].Public[:1]) },
		"a flipped bit":        func(s *store) { s.keys[0].Box[30] ^= 1 },
		"a box cut short":      func(s *store) { s.keys[0].Box = s.keys[0].Box[:40] },
		"an empty box":         func(s *store) { s.keys[0].Box = nil },
		"a second, forged row": func(s *store) { s.keys = append(s.keys, signingkey.Sealed{Key: s.keys[0].Key, Box: []byte("x")}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := &store{}, newClock()
			signing(t, newRing(t, s, c))
			change(s)
			if _, err := newRing(t, s, c).Signing(t.Context()); !errors.Is(err, signingkey.ErrSecret) {
				t.Errorf("Signing = %v, want ErrSecret", err)
			}
		})
	}
}

func TestRing_SealsPrivateKeys(t *testing.T) {
	t.Parallel()
	s, c := &store{}, newClock()
	key := signing(t, newRing(t, s, c))
	row, err := json.Marshal(s.keys[0])
	if err != nil {
		t.Fatal(err)
	}
	if s.keys[0].Private != nil || strings.Contains(string(s.keys[0].Box), string(key.Private.Seed())) {
		t.Errorf("the row shows the private key: %s", row)
	}
}

func TestRing_OutlivesAnOutage(t *testing.T) {
	t.Parallel()
	s, c := &store{}, newClock()
	r := newRing(t, s, c)
	key := signing(t, r)
	outage := errors.New("no store")
	s.down = outage
	looks := s.looks
	for range 20 {
		c.advance(10 * time.Second)
		for range 100 {
			if got := signing(t, r); got.ID != key.ID {
				t.Fatalf("another key signs: %s", got.ID)
			}
		}
	}
	if asked := s.looks - looks; asked < 5 || asked > 20 {
		t.Errorf("the store was asked %d times in 200 seconds of outage, want at most every five seconds", asked)
	}
	c.advance(time.Minute)
	if _, err := r.Signing(t.Context()); !errors.Is(err, outage) {
		t.Errorf("after more than four minutes: %v, want the outage", err)
	}
	s.down = nil
	if got := signing(t, r); got.ID != key.ID {
		t.Errorf("after the outage key %s signs, want %s", got.ID, key.ID)
	}
}

// A key that is taken away, because it may be known to others, signs and counts no more from
// that moment: not for the minute until the next look, and not while the store is away.
func TestRing_DropsAKeyThatIsTakenAway(t *testing.T) {
	t.Parallel()
	s, c := &store{}, newClock()
	r := newRing(t, s, c)
	var number atomic.Int64
	r.Watch(number.Load, func(since int64, _ []string) bool { return since < number.Load() })
	first := signing(t, r)
	s.mu.Lock()
	s.keys = nil
	s.mu.Unlock()
	number.Add(1)

	outage := errors.New("no store")
	s.down = outage
	if _, err := r.Signing(t.Context()); !errors.Is(err, outage) {
		t.Errorf("without the store: %v, want the outage", err)
	}
	s.down = nil
	if second := signing(t, r); second.ID == first.ID {
		t.Error("the key that is gone signs")
	}
	if ids := publishedIDs(t, r); slices.Contains(ids, first.ID) {
		t.Errorf("the key that is gone is published: %q", ids)
	}
	looks := s.looks
	signing(t, r)
	if s.looks != looks {
		t.Error("it looks again without need")
	}
}

func TestRing_StartsNotWithoutStore(t *testing.T) {
	t.Parallel()
	outage := errors.New("no store")
	if _, err := newRing(t, &store{down: outage}, newClock()).Published(t.Context()); !errors.Is(err, outage) {
		t.Errorf("Published = %v, want the outage", err)
	}
}

// blocked is a Store that answers nobody before its context ends.
type blocked struct{ asked chan struct{} }

func (b blocked) List(context.Context, time.Time) ([]signingkey.Sealed, error) { return nil, nil }

func (b blocked) Add(ctx context.Context, _ time.Time, _ func([]signingkey.Sealed) *signingkey.Sealed) error {
	close(b.asked)
	<-ctx.Done()
	return ctx.Err()
}

func TestRing_HonoursTheContextWhileOthersWait(t *testing.T) {
	t.Parallel()
	b := blocked{make(chan struct{})}
	r, err := signingkey.NewRing(b, secret.NewRoot("a root secret of an installation, long enough"), newClock().now)
	if err != nil {
		t.Fatal(err)
	}
	first, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := r.Signing(first)
		done <- err
	}()
	<-b.asked
	second, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Signing(second); !errors.Is(err, context.Canceled) {
		t.Errorf("Signing behind a slow look = %v, want context.Canceled", err)
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Signing = %v, want context.Canceled", err)
	}
}

// TestJWKS holds the document to the members that the client protocol has, in its order.
//
// Covers ASVS V11.2.3.
func TestJWKS(t *testing.T) {
	t.Parallel()
	key := signingkey.Key{ID: "K1", Public: make([]byte, 32), Private: make([]byte, 64)}
	got, err := signingkey.JWKS([]signingkey.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"keys":[{"alg":"EdDSA","crv":"Ed25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","kty":"OKP","kid":"K1"}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("JWKS (-want +got):\n%s", diff)
	}
	if none, err := signingkey.JWKS(nil); err != nil || string(none) != `{"keys":[]}` {
		t.Errorf("JWKS of no keys = %s, %v", none, err)
	}
}
