package token

import (
	"crypto/rand"
	"crypto/sha256"
)

const (
	alphabet     = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	opaqueLength = 43 // of 62 characters: 256 bits
)

// New returns a fresh opaque token: 43 letters and digits, 256 random bits.
func New() (string, error) {
	token := make([]byte, 0, opaqueLength)
	random := make([]byte, 2*opaqueLength)
	for {
		if _, err := rand.Read(random); err != nil {
			return "", err
		}
		for _, b := range random {
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
