package signingkey

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// ErrSecret means that a stored key does not open. Nothing is signed until it does.
var ErrSecret = errors.New("the root secret is not the one that the signing key was sealed with, or the key was changed: " +
	"start with the former secret, or delete the key so that a new one is made (tokens it signed then stop counting)")

// open returns a stored key with its private part. ErrSecret if that does not open, or
// belongs to another public key.
func open(box *secret.Box, stored Sealed) (Key, error) {
	seed, err := box.Open(stored.Box, stored.ID)
	if err != nil || len(seed) != ed25519.SeedSize {
		return Key{}, fmt.Errorf("open signing key %s: %w", stored.ID, ErrSecret)
	}
	key := stored.Key
	key.Private = ed25519.NewKeyFromSeed(seed)
	if !public(key.Private).Equal(key.Public) {
		return Key{}, fmt.Errorf("open signing key %s: %w", stored.ID, ErrSecret)
	}
	return key, nil
}
