package vault_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/audit/internal/leaf"
	"github.com/gatehouse-auth/gatehouse/audit/internal/vault"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func newVault(t *testing.T, root secret.Text) *vault.Vault {
	t.Helper()
	v, err := vault.New(secret.NewRoot(root))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const (
	subject = "reader-1"
	event   = "0197f3a0-0000-7000-8000-000000000001"
)

func TestVault_OpensWhatItSealed(t *testing.T) {
	t.Parallel()
	v := newVault(t, "one")
	key := v.NewKey(subject)
	entry, commitment, err := v.Seal(subject, key, event, []byte(`{"b": 1, "a": 2}`))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := v.Open(key, event, entry)
	if err != nil || string(opened) != `{"a":2,"b":1}` {
		t.Fatalf("opened %s, %v", opened, err)
	}
	if commitment != leaf.Commit(entry.Salt, opened) {
		t.Error("the commitment is not to what opens")
	}
	if bytes.Contains(entry.Sealed, []byte(`"a"`)) {
		t.Error("the sealed entry holds the data in clear")
	}
	twin, other, err := v.Seal(subject, key, event, []byte(`{"a":2,"b":1}`))
	if err != nil || twin.Salt == entry.Salt || other == commitment || bytes.Equal(twin.Sealed, entry.Sealed) {
		t.Errorf("the same data sealed twice looks the same: %v", err)
	}
}

func TestVault_OpensNothingElse(t *testing.T) {
	t.Parallel()
	v := newVault(t, "one")
	key := v.NewKey(subject)
	entry, _, err := v.Seal(subject, key, event, []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	moved, cut, flipped := entry, entry, entry
	moved.Subject = "reader-2"
	cut.Sealed = entry.Sealed[:10]
	flipped.Sealed = bytes.Clone(entry.Sealed)
	flipped.Sealed[len(flipped.Sealed)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"under another subject's key": func() ([]byte, error) { return v.Open(v.NewKey("reader-2"), event, entry) },
		"under a later key":           func() ([]byte, error) { return v.Open(v.NewKey(subject), event, entry) },
		"as another event":            func() ([]byte, error) { return v.Open(key, event[:35]+"2", entry) },
		"as another subject's":        func() ([]byte, error) { return v.Open(key, event, moved) },
		"under another root":          func() ([]byte, error) { return newVault(t, "two").Open(key, event, entry) },
		"without a key":               func() ([]byte, error) { return v.Open(nil, event, entry) },
		"cut":                         func() ([]byte, error) { return v.Open(key, event, cut) },
		"changed":                     func() ([]byte, error) { return v.Open(key, event, flipped) },
	} {
		if opened, err := open(); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("%s: %s, %v", name, opened, err)
		}
	}
}

func TestVault_SealRefuses(t *testing.T) {
	t.Parallel()
	v := newVault(t, "one")
	if _, _, err := v.Seal(subject, v.NewKey(subject), event, []byte(`{"a":1,"a":2}`)); err == nil {
		t.Error("data without one meaning is sealed")
	}
	if _, _, err := v.Seal(subject, v.NewKey("reader-2"), event, []byte(`{}`)); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("sealed under another subject's key: %v", err)
	}
}
