package vault

import (
	"crypto/rand"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/audit/internal/leaf"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Key is a subject's key, as it is stored.
type Key []byte

// Entry is the personal data of one event, as it is stored.
type Entry struct {
	Subject string
	Salt    [32]byte
	Sealed  []byte
}

// Vault seals and opens. It is safe for concurrent use.
type Vault struct{ keys *secret.Box }

// New returns the Vault of an installation.
func New(root secret.Root) (*Vault, error) {
	keys, err := root.Box("audit/vault")
	if err != nil {
		return nil, err
	}
	return &Vault{keys}, nil
}

// NewKey returns a fresh key for a subject.
func (v *Vault) NewKey(subject string) Key {
	plain := make([]byte, 32)
	_, _ = rand.Read(plain) // never fails (crypto/rand)
	return v.keys.Seal(plain, subject)
}

func (v *Vault) box(subject string, key Key) (*secret.Box, error) {
	plain, err := v.keys.Open(key, subject)
	if err != nil {
		return nil, fmt.Errorf("open key of subject: %w", err)
	}
	return secret.NewRoot(secret.Text(plain)).Box("personal")
}

// Seal returns the entry for personal data of a subject, and the commitment to it that
// goes into the log.
func (v *Vault) Seal(subject string, key Key, eventID string, personal []byte) (Entry, string, error) {
	canonical, err := leaf.Canonical(personal)
	if err != nil {
		return Entry{}, "", err
	}
	box, err := v.box(subject, key)
	if err != nil {
		return Entry{}, "", err
	}
	entry := Entry{Subject: subject}
	_, _ = rand.Read(entry.Salt[:]) // never fails (crypto/rand)
	entry.Sealed = box.Seal(canonical, eventID)
	return entry, leaf.Commit(entry.Salt, canonical), nil
}

// Open returns the personal data of an event in canonical form.
func (v *Vault) Open(key Key, eventID string, entry Entry) ([]byte, error) {
	box, err := v.box(entry.Subject, key)
	if err != nil {
		return nil, err
	}
	return box.Open(entry.Sealed, eventID)
}
