package signingkey

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// The life of a key: it is published at once, signs from PublishFor later for SignFor, and
// counts for CountFor more. Verifiers may keep the set of keys for CacheFor.
const (
	CacheFor   = 5 * time.Minute
	PublishFor = CacheFor + staleAfter + time.Minute // a minute for clocks that differ
	SignFor    = 30 * 24 * time.Hour
	CountFor   = time.Hour // longer than any token lives
)

// Key is a signing key.
type Key struct {
	ID         string
	Public     ed25519.PublicKey
	Private    ed25519.PrivateKey
	CreatedAt  time.Time
	SignsFrom  time.Time
	SignsUntil time.Time
	KnownUntil time.Time
}

// X returns the public key as a JWK writes it (RFC 8037, section 2).
func (k Key) X() string { return base64.RawURLEncoding.EncodeToString(k.Public) }

// signs reports whether the key is one to sign with at the given time.
func (k Key) signs(now time.Time) bool { return !now.Before(k.SignsFrom) && now.Before(k.SignsUntil) }

// published reports whether signatures of the key count at the given time.
func (k Key) published(now time.Time) bool { return now.Before(k.KnownUntil) }

// Sealed is a Key as it is stored: Box holds the private part, sealed under the key's id,
// and Private is empty.
type Sealed struct {
	Key
	Box []byte
}

// create returns a fresh key that signs from the given time, sealed.
func create(box *secret.Box, now, signsFrom time.Time) *Sealed {
	seed := make([]byte, ed25519.SeedSize)
	_, _ = rand.Read(seed) // never fails (crypto/rand)
	key := Key{
		ID: rand.Text(), Public: public(ed25519.NewKeyFromSeed(seed)), CreatedAt: now,
		SignsFrom: signsFrom, SignsUntil: signsFrom.Add(SignFor), KnownUntil: signsFrom.Add(SignFor + CountFor),
	}
	return &Sealed{key, box.Seal(seed, key.ID)}
}

// public returns the public half of a private key (RFC 8032, section 5.1.5).
func public(private ed25519.PrivateKey) ed25519.PublicKey {
	return ed25519.PublicKey(private[ed25519.SeedSize:])
}
