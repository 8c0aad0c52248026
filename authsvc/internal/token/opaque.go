package token

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
)

const (
	alphabet     = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	opaqueLength = 43 // of 62 characters: 256 bits
)

// New returns a fresh opaque token: 43 letters and digits, 256 random bits.
func New() (string, error) { return NewFrom(rand.Reader) }

// NewFrom is New with the given source of random bytes.
func NewFrom(random io.Reader) (string, error) {
	token := make([]byte, 0, opaqueLength)
	drawn := make([]byte, opaqueLength)
	for {
		if _, err := io.ReadFull(random, drawn); err != nil {
			return "", fmt.Errorf("draw a token: %w", err)
		}
		for _, b := range drawn {
			if int(b) >= 4*len(alphabet) { // keeps the characters equally likely
				continue
			}
			if token = append(token, alphabet[int(b)%len(alphabet)]); len(token) == opaqueLength {
				return string(token), nil
			}
		}
	}
}

// Hash returns what is stored of an opaque token: its SHA-256. The token has 256 random
// bits, so no salt and no slow hash is needed.
func Hash(token string) [32]byte { return sha256.Sum256([]byte(token)) }
