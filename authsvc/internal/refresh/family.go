package refresh

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
)

// How long things live.
const (
	Life     = 30 * 24 * time.Hour // of a family since its last rotation
	GraceFor = 10 * time.Second    // in which a rotated token still yields its successor
)

// Family is a chain of refresh tokens that began with one grant.
type Family struct {
	ID         uuid.UUID
	SessionID  string
	UserID     string
	ClientID   string
	Scope      []string
	AMR        []string
	AuthTime   time.Time
	Salt       []byte // 32 random bytes
	Generation int32  // of the one good token
	RotatedAt  time.Time
	ExpiresAt  time.Time
	Ended      bool // reuse was seen, or the token was revoked
}

// Live reports whether the family can yield tokens at the given time.
func (f Family) Live(now time.Time) bool { return !f.Ended && now.Before(f.ExpiresAt) }

// claim is what a token says: which family, which generation, and the proof.
type claim struct {
	family     uuid.UUID
	generation int32
	proof      [sha256.Size]byte
}

const claimSize = 16 + 4 + sha256.Size

// parse reads a token. It says nothing about the proof.
func parse(token string) (claim, bool) {
	if len(token) != base64.RawURLEncoding.EncodedLen(claimSize) {
		return claim{}, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != claimSize { // it passes over ends of lines
		return claim{}, false
	}
	generation := binary.BigEndian.Uint32(raw[16:20])
	if generation > 1<<31-1 {
		return claim{}, false
	}
	return claim{uuid.UUID(raw[:16]), int32(generation), [sha256.Size]byte(raw[20:])}, true
}

func (c claim) token() string {
	raw := make([]byte, 0, claimSize)
	raw = append(raw, c.family[:]...)
	raw = binary.BigEndian.AppendUint32(raw, uint32(c.generation)) //nolint:gosec // never negative, see parse
	raw = append(raw, c.proof[:]...)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// prover computes and checks the proofs of tokens.
type prover struct{ key [32]byte }

func (p prover) claim(f Family, generation int32) claim {
	mac := hmac.New(sha256.New, p.key[:])
	mac.Write(f.Salt)
	mac.Write(f.ID[:])
	_ = binary.Write(mac, binary.BigEndian, generation) // a hash never fails
	return claim{f.ID, generation, [sha256.Size]byte(mac.Sum(nil))}
}

// proved reports, in constant time, whether c is a token that f once issued.
func (p prover) proved(f Family, c claim) bool {
	want := p.claim(f, c.generation)
	return c.generation <= f.Generation && hmac.Equal(want.proof[:], c.proof[:])
}
