package throttle

import (
	"crypto/hmac"
	"crypto/sha256"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Kind is what is guessed at. Kinds count apart.
type Kind string

// The kinds of guesses.
const (
	Password     Kind = "password"      // of an account
	SecondFactor Kind = "second-factor" // a mailed code of an account: each that is sent is another chance
	Member       Kind = "member"        // which addresses have an account; counted by caller
	Message      Kind = "message"       // codes and links: each one sent to an address is a few guesses more
)

// Pace is how many wrong guesses are free and how long the pauses after them are: First
// after the last free one, then doubling up to Longest. A quiet Forget takes one off the count.
type Pace struct {
	Free                   int
	First, Longest, Forget time.Duration
}

func (k Kind) pace() Pace {
	if k == Member { // whole offices share an address
		return Pace{Free: 10, First: time.Second, Longest: time.Minute, Forget: time.Minute}
	}
	return Pace{Free: 5, First: time.Second, Longest: 15 * time.Minute, Forget: 15 * time.Minute}
}

// Guess is one guess, as its store counts it.
type Guess struct {
	Key [32]byte // says nothing of whom it counts
	At  time.Time
	Pace
}

// Guesses makes guesses.
type Guesses struct {
	key [32]byte
	now func() time.Time
}

// NewGuesses returns Guesses with a key from the root secret.
func NewGuesses(root secret.Root, now func() time.Time) *Guesses {
	return &Guesses{root.Key("guess"), now}
}

// Of is a guess now at a secret of whose: an account's id, or the name that was tried where
// no account has it. The parts count together.
func (g *Guesses) Of(kind Kind, whose ...string) Guess {
	mac := hmac.New(sha256.New, g.key[:])
	mac.Write([]byte(kind))
	for _, part := range whose {
		mac.Write([]byte{0})
		mac.Write([]byte(part))
	}
	return Guess{Key: [32]byte(mac.Sum(nil)), At: g.now(), Pace: kind.pace()}
}

// Refuse returns ErrLimited with the pause, nil if there is none.
func Refuse(pause time.Duration) error {
	if pause <= 0 {
		return nil
	}
	return ErrLimited.WithRetryAfter(pause)
}
