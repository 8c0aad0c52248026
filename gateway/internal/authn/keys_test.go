package authn_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/gatewaytest"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

func TestKeys_SeeARotationAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := w.clock.Now()
	next := gatewaytest.NewKey("key-2", 2)
	if _, err := w.bearer(t, w.key.Token(t, now, nil)); err != nil {
		t.Fatal(err)
	}
	w.Publish(w.key, next)
	w.clock.Advance(time.Second)
	if _, err := w.bearer(t, next.Token(t, now, nil)); err != nil {
		t.Errorf("a token under the new key: %v", err)
	}
	if _, err := w.bearer(t, w.key.Token(t, now, nil)); err != nil {
		t.Errorf("a token under the old key: %v", err)
	}
	if calls := w.Calls("signing_keys"); calls != 2 {
		t.Errorf("%d fetches, want 2", calls)
	}
	w.Publish(next)
	w.clock.Advance(5 * time.Minute)
	if _, err := w.bearer(t, w.key.Token(t, w.clock.Now(), nil)); !errors.Is(err, authapi.ErrUnauthenticated) {
		t.Errorf("a token under the retired key, after the keys' age: %v", err)
	}
}

func TestKeys_AreFetchedOnceASecondAtMost(t *testing.T) {
	t.Parallel()
	for name, outage := range map[string]error{
		"for ids that nobody knows":        nil,
		"while they cannot be had at all":  fault.New(fault.Unavailable, "test.down", "Down.").WithRetryAfter(time.Second),
		"while what is published is wrong": errors.New("a bug"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Fail("signing_keys", outage)
			var tokens []string
			for i := range 50 {
				tokens = append(tokens, gatewaytest.NewKey(fmt.Sprintf("made-up-%d", i), 9).Token(t, w.clock.Now(), nil))
			}
			for second := 1; second <= 3; second++ {
				var flood sync.WaitGroup
				for _, token := range tokens {
					flood.Go(func() {
						if p, err := w.bearer(t, token); err == nil || p.Subject != "" || (outage != nil && errors.Is(err, authapi.ErrUnauthenticated)) {
							t.Errorf("%+v, %v", p, err)
						}
					})
				}
				flood.Wait()
				if calls := w.Calls("signing_keys"); calls != second {
					t.Errorf("%d fetches in %d seconds", calls, second)
				}
				w.clock.Advance(time.Second)
			}
			w.Fail("signing_keys", nil)
			if _, err := w.bearer(t, w.key.Token(t, w.clock.Now(), nil)); err != nil {
				t.Errorf("a good token afterwards: %v", err)
			}
		})
	}
}

// What cannot be verified is not refused as forged, and never let in.
func TestKeys_Outage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Fail("signing_keys", fault.New(fault.Unavailable, "test.down", "Down.").WithRetryAfter(time.Second))
	token := w.key.Token(t, w.clock.Now(), nil)
	if p, err := w.bearer(t, token); fault.KindOf(err) != fault.Unavailable || p.Subject != "" {
		t.Errorf("%+v, %v", p, err)
	}
	w.Fail("signing_keys", nil)
	w.clock.Advance(time.Second)
	if _, err := w.bearer(t, token); err != nil {
		t.Errorf("after the outage: %v", err)
	}
	w.Fail("signing_keys", fault.New(fault.Unavailable, "test.down", "Down."))
	w.clock.Advance(time.Minute)
	if _, err := w.bearer(t, w.key.Token(t, w.clock.Now(), nil)); err != nil {
		t.Errorf("keys that were fetched before do not need authsvc: %v", err)
	}
	w.clock.Advance(5 * time.Minute)
	if _, err := w.bearer(t, w.key.Token(t, w.clock.Now(), nil)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("keys beyond their age: %v", err)
	}
}
