package password

import (
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// verify checks a normalised password against a stored hash of any known format, and
// reports whether it should be hashed anew.
func verify(encoded, plain string) (ok, rehash bool, err error) {
	switch {
	case strings.HasPrefix(encoded, "$argon2id$"):
		h, err := parseArgon(encoded)
		if err != nil {
			return false, false, err
		}
		return h.matches(plain), h.outdated(), nil
	case isScrypt(encoded):
		ok, err := verifyScrypt(encoded, plain)
		return ok, true, err
	case strings.HasPrefix(encoded, "$2a$"), strings.HasPrefix(encoded, "$2b$"), strings.HasPrefix(encoded, "$2y$"):
		ok, err := verifyBcrypt(encoded, plain)
		return ok, true, err
	}
	return false, false, errFormat
}

// better-auth's scrypt: N=16384, r=16, p=1, 32 MiB; salt and key in lower-case hexadecimal.
const (
	scryptN, scryptR, scryptP = 16384, 16, 1
	scryptSalt, scryptKey     = 16, 64 // bytes
)

func isScrypt(encoded string) bool {
	salt, key, ok := strings.Cut(encoded, ":")
	return ok && len(salt) == 2*scryptSalt && len(key) == 2*scryptKey && isLowerHex(salt) && isLowerHex(key)
}

func isLowerHex(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return (c < '0' || c > '9') && (c < 'a' || c > 'f') })
}

// verifyScrypt checks better-auth's scrypt: the hexadecimal text of the salt is the salt.
func verifyScrypt(encoded, plain string) (bool, error) {
	salt, want, _ := strings.Cut(encoded, ":")
	key, err := scrypt.Key([]byte(plain), []byte(salt), scryptN, scryptR, scryptP, scryptKey)
	if err != nil {
		return false, fmt.Errorf("scrypt: %w", err)
	}
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(key)), []byte(want)) == 1, nil
}

const (
	maxBcryptCost  = 14 // about a second
	maxBcryptInput = 72 // bytes; other programs cut here without a word
)

func verifyBcrypt(encoded, plain string) (bool, error) {
	cost, err := bcrypt.Cost([]byte(encoded))
	if err != nil {
		return false, errFormat
	}
	if cost > maxBcryptCost {
		return false, errCosts
	}
	input := []byte(plain)
	if len(input) > maxBcryptInput {
		input = input[:maxBcryptInput]
	}
	switch err := bcrypt.CompareHashAndPassword([]byte(encoded), input); {
	case err == nil:
		return true, nil
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return false, nil
	}
	return false, errFormat
}
