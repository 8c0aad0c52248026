package postgres_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/postgres"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/signingkey"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

const starts = 32

// rings returns as many rings as there are processes, over one database.
func rings(t *testing.T, w *authtest.World) []*signingkey.Ring {
	t.Helper()
	all := make([]*signingkey.Ring, starts)
	for i := range all {
		ring, err := signingkey.NewRing(postgres.NewSigningKey(w.Pool), w.Root, w.Clock.Now)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = ring
	}
	return all
}

// signing returns the id of the key that all rings sign with, asked at the same time.
func signing(t *testing.T, all []*signingkey.Ring) string {
	t.Helper()
	var ids [starts]string
	var errs [starts]error
	authtest.Parallel(starts, func(i int) {
		key, err := all[i].Signing(t.Context())
		ids[i], errs[i] = key.ID, err
	})
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		if id != ids[0] {
			t.Fatalf("process %d signs with %s, process 0 with %s", i, id, ids[0])
		}
	}
	return ids[0]
}

// TestSigningKey_OneForAll starts 32 processes at once, at the first start and at a rotation:
// each makes one key, the same for all, with its event.
func TestSigningKey_OneForAll(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	all := rings(t, w)
	first := signing(t, all)
	w.Clock.Advance(signingkey.SignFor - signingkey.PublishFor)
	if during := signing(t, all); during != first {
		t.Errorf("the successor signs before all know it")
	}
	w.Clock.Advance(signingkey.PublishFor)
	if second := signing(t, all); second == first {
		t.Error("the first key signs beyond its time")
	}
	if n := w.Count(t, "signing_key"); n != 2 {
		t.Errorf("there are %d keys, want 2", n)
	}
	rotations := 0
	for _, e := range w.Events(t) {
		if e.Type == authapi.EventSigningKeyRotated {
			rotations++
		}
	}
	if rotations != 2 {
		t.Errorf("%d rotations are recorded, want 2", rotations)
	}
}

func TestSigningKey_ListEndsWithTheKey(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	signing(t, rings(t, w))
	store := postgres.NewSigningKey(w.Pool)
	for wait, want := range map[time.Duration]int{signingkey.SignFor + signingkey.CountFor - time.Second: 1, signingkey.SignFor + signingkey.CountFor: 0} {
		keys, err := store.List(t.Context(), w.Clock.Now().Add(wait))
		if err != nil || len(keys) != want {
			t.Errorf("after %v: %d keys, %v; want %d", wait, len(keys), err, want)
		}
	}
}

func TestSigningKey_SealedAtRest(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	all := rings(t, w)
	signing(t, all)
	key, err := all[0].Signing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var box []byte
	if err := w.Pool.QueryRow(t.Context(), `select private_key from signing_key`).Scan(&box); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(box, key.Private.Seed()) || len(box) <= len(key.Private.Seed()) {
		t.Error("the private key is stored as it is")
	}
	other, err := signingkey.NewRing(postgres.NewSigningKey(w.Pool), secret.NewRoot("another root secret of another installation"), w.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Signing(t.Context()); !errors.Is(err, signingkey.ErrSecret) {
		t.Errorf("under another root secret: %v, want ErrSecret", err)
	}
}
