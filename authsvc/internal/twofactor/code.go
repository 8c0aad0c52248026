package twofactor

import (
	"crypto/hmac"
	"crypto/sha256"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
)

// CodeLife is how long a mailed code works.
const CodeLife = 3 * time.Minute

const (
	codeLength   = 6
	backupCodes  = 10
	backupLength = 12 // of 62 characters: 71 bits (ASVS V6.5.4)
)

// Mailed is a mailed code that waits to be given back.
type Mailed struct {
	Hash     [32]byte
	Attempts int // wrong ones
}

// newBackupCodes returns codes as they are shown: once.
func newBackupCodes() ([]string, error) {
	codes := make([]string, 0, backupCodes)
	for range backupCodes {
		code, err := token.Draw(backupLength, token.Alphanumeric)
		if err != nil {
			return nil, err
		}
		codes = append(codes, code[:backupLength/2]+"-"+code[backupLength/2:])
	}
	return codes, nil
}

// digest is what is stored of a code that belongs to somebody or something: a keyed hash,
// since a code has few bits.
func (s *Service) digest(kind, belongsTo, code string) [32]byte {
	mac := hmac.New(sha256.New, s.key[:])
	for _, part := range []string{kind, belongsTo, code} {
		mac.Write([]byte(part))
		mac.Write([]byte{0})
	}
	return [32]byte(mac.Sum(nil))
}
