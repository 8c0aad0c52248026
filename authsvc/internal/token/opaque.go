package token

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
)

// Alphabets to draw from.
const (
	Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	Digits       = "0123456789"
	urlSafe      = Alphanumeric + "-_"
)

const opaqueLength = 43 // of 62 characters: 256 bits

// New returns a fresh opaque token: 43 letters and digits, 256 random bits.
func New() (string, error) { return NewFrom(rand.Reader) }

// NewFrom is New with the given source of random bytes.
func NewFrom(random io.Reader) (string, error) { return draw(random, opaqueLength, Alphanumeric) }

// Text returns random letters, digits, dashes and underlines: 6 bits each.
func Text(length int) (string, error) { return Draw(length, urlSafe) }

// Draw returns random characters of an alphabet of at most 64, each equally likely.
func Draw(length int, alphabet string) (string, error) { return draw(rand.Reader, length, alphabet) }

func draw(random io.Reader, length int, alphabet string) (string, error) {
	text := make([]byte, 0, length)
	drawn := make([]byte, length)
	usable := 256 - 256%len(alphabet) // keeps the characters equally likely
	for {
		if _, err := io.ReadFull(random, drawn); err != nil {
			return "", fmt.Errorf("draw a token: %w", err)
		}
		for _, b := range drawn {
			if int(b) >= usable {
				continue
			}
			if text = append(text, alphabet[int(b)%len(alphabet)]); len(text) == length {
				return string(text), nil
			}
		}
	}
}

// Hash returns what is stored of an opaque token: its SHA-256. The token has 256 random
// bits, so no salt and no slow hash is needed.
func Hash(token string) [32]byte {
	var room [64]byte // of a token: no need for the heap
	return sha256.Sum256(append(room[:0], token...))
}
