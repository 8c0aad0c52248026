package secret

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"

	"golang.org/x/crypto/chacha20poly1305"
)

// ErrSealed is returned for a box that does not open: it was changed, belongs to another
// purpose or label, or was sealed under another root secret.
var ErrSealed = errors.New("sealed data does not open: the root secret is not the one it was sealed with, or it was changed")

// Box seals small values for storage: XChaCha20-Poly1305 (RFC 8439, with the 24-byte
// nonce of draft-irtf-cfrg-xchacha) under a key of one purpose. It is safe for
// concurrent use.
type Box struct{ aead cipher.AEAD }

// Box returns the Box of one purpose.
func (r Root) Box(purpose string) (*Box, error) {
	key := r.Key("box/" + purpose)
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, err
	}
	return &Box{aead}, nil
}

// Seal encrypts value. Label is authenticated with it: the value opens only under the
// same label, such as the id of the row that holds it.
func (b *Box) Seal(value []byte, label string) []byte {
	nonce := make([]byte, b.aead.NonceSize(), b.aead.NonceSize()+len(value)+b.aead.Overhead())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	return b.aead.Seal(nonce, nonce, value, []byte(label))
}

// Open decrypts what Seal returned for the same label, or returns ErrSealed.
func (b *Box) Open(sealed []byte, label string) ([]byte, error) {
	size := b.aead.NonceSize()
	if len(sealed) < size {
		return nil, ErrSealed
	}
	value, err := b.aead.Open(nil, sealed[:size], sealed[size:], []byte(label))
	if err != nil {
		return nil, ErrSealed
	}
	return value, nil
}
