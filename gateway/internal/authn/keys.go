package authn

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

const (
	keysMaxAge = 5 * time.Minute // after which keys are fetched anew, so that retired ones go
	fetchPause = time.Second     // between fetches, for key ids that nobody knows and after a failure
)

// keys are the public keys of access tokens, fetched when needed. A key id that is not
// known triggers a fetch, at most one a second, so a rotation is seen at once and a
// flood of made-up ids costs nothing.
type keys struct {
	call    rpc.Caller
	now     func() time.Time
	changes *epoch.Follower
	current atomic.Pointer[keySet]

	fetch    sync.Mutex // guards what follows
	failure  error      // of the last fetch
	failedAt time.Time
}

type keySet struct {
	byID    map[string]jose.JSONWebKey
	fetched time.Time
	epoch   int64 // of authsvc, from before they were fetched
}

// find returns the key with the id, or false.
func (k *keys) find(ctx context.Context, id string) (jose.JSONWebKey, bool, error) {
	set := k.current.Load()
	if set != nil && k.now().Sub(set.fetched) < keysMaxAge {
		if key, ok := set.byID[id]; ok && k.counts(set, id) {
			return key, true, nil
		}
	}
	set, err := k.refresh(ctx, id)
	if err != nil {
		return jose.JSONWebKey{}, false, err
	}
	key, ok := set.byID[id]
	return key, ok, nil
}

// counts reports whether the key has not been taken away since the set was fetched.
func (k *keys) counts(set *keySet, id string) bool {
	return k.changes.Current(set.epoch, epoch.Mark{Scope: authapi.ScopeKey, Key: id})
}

func (k *keys) refresh(ctx context.Context, id string) (*keySet, error) {
	k.fetch.Lock()
	defer k.fetch.Unlock()
	if set := k.current.Load(); set != nil && k.now().Sub(set.fetched) < fetchPause && k.counts(set, id) {
		return set, nil
	}
	if k.failure != nil && k.now().Sub(k.failedAt) < fetchPause {
		return nil, k.failure
	}
	set, err := k.published(ctx)
	if k.failure, k.failedAt = err, k.now(); err != nil {
		return nil, err
	}
	k.current.Store(set)
	return set, nil
}

// published asks authsvc for the keys. The caller who happens to ask is not the only one
// who waits, so their going away does not end it.
func (k *keys) published(ctx context.Context) (*keySet, error) {
	known := k.changes.Number()
	out, err := authapi.SigningKeys.Call(context.WithoutCancel(ctx), k.call, authapi.SigningKeysIn{})
	if err != nil {
		return nil, outage(err)
	}
	var published jose.JSONWebKeySet
	if err := json.Unmarshal(out.JWKS, &published); err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	set := &keySet{byID: make(map[string]jose.JSONWebKey, len(published.Keys)), fetched: k.now(), epoch: known}
	for _, key := range published.Keys {
		set.byID[key.KeyID] = key
	}
	return set, nil
}
