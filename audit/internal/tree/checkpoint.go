package tree

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"golang.org/x/mod/sumdb/note"
)

// Checkpoint says what the log was at one time: its size and root.
type Checkpoint struct {
	Size int64
	Root Hash
	Note string // the signed note, as C2SP tlog-checkpoint writes it
}

// Signer signs checkpoints of one log with an Ed25519 key. It is safe for concurrent use.
type Signer struct {
	origin string
	key    ed25519.PrivateKey
	hash   uint32
}

var _ note.Signer = (*Signer)(nil)

// algorithm is the C2SP signed-note identifier of Ed25519.
const algorithm = 1

// NewSigner returns the signer of the log named origin, whose key grows from the seed.
func NewSigner(origin string, seed [32]byte) (*Signer, error) {
	key := ed25519.NewKeyFromSeed(seed[:])
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("checkpoint key of type %T", key.Public())
	}
	sum := sha256.Sum256(append([]byte(origin+"\n"), append([]byte{algorithm}, public...)...))
	s := &Signer{origin, key, binary.BigEndian.Uint32(sum[:4])}
	if _, err := note.NewVerifier(s.VerifierKey()); err != nil {
		return nil, fmt.Errorf("%q cannot name a log: take a name without spaces and plus signs, such as auth.example.com/audit", origin)
	}
	return s, nil
}

// Name implements note.Signer.
func (s *Signer) Name() string { return s.origin }

// KeyHash implements note.Signer.
func (s *Signer) KeyHash() uint32 { return s.hash }

// Sign implements note.Signer.
func (s *Signer) Sign(message []byte) ([]byte, error) { return ed25519.Sign(s.key, message), nil }

// VerifierKey returns the public key in the form that verifiers of signed notes take.
func (s *Signer) VerifierKey() string {
	public := s.key[ed25519.PublicKeySize:] // the seed, then the public key
	return fmt.Sprintf("%s+%08x+%s", s.origin, s.hash, base64.StdEncoding.EncodeToString(append([]byte{algorithm}, public...)))
}

// Checkpoint signs the size and root of the log.
func (s *Signer) Checkpoint(size int64, root Hash) (Checkpoint, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", s.origin, size, base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("sign checkpoint: %w", err)
	}
	return Checkpoint{size, root, string(signed)}, nil
}
