package account

import (
	"context"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// ChallengeLife is how long a sign-in waits for its second factor, DeviceLife how long a
// browser is spared one after it was last used to sign in.
const (
	ChallengeLife = 10 * time.Minute
	DeviceLife    = 30 * 24 * time.Hour
)

// ErrChallenge means that no sign-in waits for a second factor under this id (any more).
var ErrChallenge = fault.New(fault.Unauthenticated, "INVALID_TWO_FACTOR_COOKIE", "Invalid two factor cookie")

// Ways to give a second factor, as the protocol calls them.
const (
	WayTOTP = "totp" // a code of an authenticator
	WayOTP  = "otp"  // a mailed code
)

// AMRMail is what tokens say of a proof that came by mail. It is the same factor twice if
// both halves of a sign-in have it.
const AMRMail = "mail"

// Enrolled is what the door has to know of a user's second factors.
type Enrolled struct {
	Enabled bool // a second factor is asked for
	TOTP    bool // an authenticator can give it
}

// Challenge is a sign-in that waits for a second factor.
type Challenge struct {
	Hash      [32]byte // of the id that the browser holds
	UserID    string
	Method    string   // of the first factor, as events call it
	AMR       []string // of the first factor
	Remember  bool     // what the user asked for at first
	ExpiresAt time.Time
}

// Ways returns how the challenge can be answered. A mailed code is no second factor after
// a mailed proof, unless it is all that the user has enrolled.
func (c Challenge) Ways(enrolled Enrolled) []string {
	if !enrolled.TOTP {
		return []string{WayOTP}
	}
	if slices.Contains(c.AMR, AMRMail) {
		return []string{WayTOTP}
	}
	return []string{WayTOTP, WayOTP}
}

// Takes reports whether the challenge can be answered this way.
func (c Challenge) Takes(way string, enrolled Enrolled) bool {
	return slices.Contains(c.Ways(enrolled), way)
}

// Asked is what a sign-in returns instead of a session: the question for a second factor.
type Asked struct {
	ID       string // secret: whoever has it and the second factor is signed in
	Ways     []string
	Remember bool
}

// door is what Enter writes beside sessions.
type door interface {
	// FindEnrolled returns what the user has enrolled, the zero value for nothing. A change
	// waits until the transaction ends.
	FindEnrolled(ctx context.Context, userID string) (Enrolled, error)
	CreateChallenge(ctx context.Context, c Challenge) error
	// UseChallenge consumes a challenge that is open at now; ErrChallenge if there is none.
	UseChallenge(ctx context.Context, hash [32]byte, now time.Time) (Challenge, error)
	CreateDevice(ctx context.Context, hash [32]byte, userID string, expires time.Time) error
	// RenewDevice gives a device of the user that is trusted at now another id and a full
	// life, and reports whether it was.
	RenewDevice(ctx context.Context, old [32]byte, userID string, now time.Time, renewed [32]byte) (bool, error)
	// EndTrust removes what an old password was good for: the user's open challenges, and the
	// trust in browsers. SetPassword does so by itself.
	EndTrust(ctx context.Context, userID string) error
}

// challenge asks for a second factor.
func (s *Service) challenge(ctx context.Context, tx Tx, user User, from Origin, by Method, enrolled Enrolled) (SignedIn, error) {
	id, err := token.Text(challengeLength)
	if err != nil {
		return SignedIn{}, err
	}
	id = "2fa-" + id
	c := Challenge{
		Hash: token.Hash(id), UserID: user.ID, Method: by.Name, AMR: by.AMR, Remember: from.Remember, ExpiresAt: s.Now().Add(ChallengeLife),
	}
	if err := tx.CreateChallenge(ctx, c); err != nil {
		return SignedIn{}, err
	}
	signed := SignedIn{User: user, Asked: &Asked{ID: id, Ways: c.Ways(enrolled), Remember: from.Remember}}
	return signed, tx.AddEvent(ctx, Event(authapi.EventTwoFactorAsked, user, from, Details{Method: by.Name}))
}

const (
	challengeLength = 20 // of 64 characters: 120 bits
	deviceLength    = 32
)

// Finish is the second half of Enter: it consumes the challenge and opens the session that
// the first half withheld. It belongs into the transaction that accepts the second factor.
// ErrChallenge if another attempt was first, ErrBanned for a banned user.
func (s *Service) Finish(ctx context.Context, tx Tx, user User, challenge [32]byte, from Origin, by Method) (SignedIn, error) {
	if user.Banned {
		return SignedIn{}, ErrBanned
	}
	c, err := tx.UseChallenge(ctx, challenge, s.Now())
	if err != nil {
		return SignedIn{}, err
	}
	if c.UserID != user.ID {
		return SignedIn{}, ErrChallenge
	}
	both := Method{Name: c.Method + "+" + by.Name, AMR: Joined(c.AMR, by.AMR)}
	from.Remember = c.Remember
	return s.letIn(ctx, tx, user, from, both)
}

// Joined returns the methods of both, each once.
func Joined(amr, more []string) []string {
	joined := slices.Clone(amr)
	for _, method := range more {
		if !slices.Contains(joined, method) {
			joined = append(joined, method)
		}
	}
	return joined
}

// TrustDevice spares a browser the second factor of the user, and returns the id by which
// it shows itself.
func (s *Service) TrustDevice(ctx context.Context, tx Tx, user User, from Origin) (string, error) {
	id, err := newDevice()
	if err != nil {
		return "", err
	}
	if err := tx.CreateDevice(ctx, token.Hash(id), user.ID, s.Now().Add(DeviceLife)); err != nil {
		return "", err
	}
	return id, tx.AddEvent(ctx, Event(authapi.EventDeviceTrusted, user, from, Details{}))
}

// renewDevice returns the next id of the browser if it is one that the user trusts, and ""
// if not. An id is good for one sign-in.
func (s *Service) renewDevice(ctx context.Context, tx Tx, userID string, from Origin) (string, error) {
	if from.Device == "" {
		return "", nil
	}
	id, err := newDevice()
	if err != nil {
		return "", err
	}
	trusted, err := tx.RenewDevice(ctx, token.Hash(from.Device), userID, s.Now(), token.Hash(id))
	if err != nil || !trusted {
		return "", err
	}
	return id, nil
}

func newDevice() (string, error) {
	id, err := token.Text(deviceLength)
	return "trust-device-" + id, err
}

// Replacement is how a session takes the place of all others of its user.
type Replacement struct {
	AMR    []string // what it was proved by
	Reason string   // why the others end
	From   Origin
}

// Replace ends all sessions of the user and opens one in place of the current one, because
// what it takes to be this user has changed. ErrUnauthorized if the current one has ended:
// who revoked it must not find it replaced.
func (s *Service) Replace(ctx context.Context, tx Tx, current SignedIn, r Replacement) (SignedIn, error) {
	old := current.Session
	gone, err := tx.DeleteSessions(ctx, session.Selection{UserID: old.UserID, ID: old.ID})
	if err != nil {
		return SignedIn{}, err
	}
	if len(gone) == 0 {
		return SignedIn{}, ErrUnauthorized
	}
	if err := endIn(ctx, tx, session.Selection{UserID: old.UserID}, authapi.EventSessionRevoked, r.Reason); err != nil {
		return SignedIn{}, err
	}
	r.From.Remember = old.Remember
	opened, secret, err := s.openSession(ctx, tx, old.UserID, r.From, Method{AMR: r.AMR})
	if err != nil {
		return SignedIn{}, err
	}
	signed := SignedIn{Session: opened, User: current.User, Token: secret}
	from := Origin{IP: old.IP, UserAgent: old.UserAgent}
	return signed, tx.AddEvent(ctx, Event(authapi.EventSessionRevoked, current.User, from, Details{SessionID: old.ID, Reason: r.Reason}))
}
