package password

import (
	"crypto/rand"
	"crypto/subtle"

	"golang.org/x/crypto/argon2"
)

// hash returns the PHC string of a normalised password, at the current costs.
func hash(plain string) string {
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	h := argonHash{params: current(), salt: salt}
	h.key = h.derive(plain, keyLength)
	return h.String()
}

// matches reports whether the hash is that of the normalised password.
func (h argonHash) matches(plain string) bool {
	return subtle.ConstantTimeCompare(h.derive(plain, len(h.key)), h.key) == 1
}

// outdated reports whether the hash differs from what hash would make today.
func (h argonHash) outdated() bool {
	return h.params != current() || len(h.salt) != saltLength || len(h.key) != keyLength
}

func (h argonHash) derive(plain string, length int) []byte {
	return argon2.IDKey([]byte(plain), h.salt, h.passes, h.memory, h.threads, uint32(length)) //nolint:gosec // at most maxPart
}
