package account

import (
	"context"

	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/device"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/events"
)

// Method is how somebody proved who they are.
type Method struct {
	Name string   // as events call it: password, verification
	AMR  []string // as tokens call it (RFC 8176)
}

// The methods of this package.
var (
	byPassword     = Method{Name: "password", AMR: []string{"pwd"}}
	byVerification = Method{Name: "verification", AMR: []string{AMRMail}}
)

// Enter is the one door through which a user who exists gets a session. It belongs into
// the transaction that consumes the proof (a token, a code, a password that still is the
// stored one), so that a proof opens one session or none. ErrBanned for a banned user. A
// user with a second factor is asked for it, whatever the proof, unless the browser is
// trusted: then SignedIn has no session and says what is asked.
func (s *Service) Enter(ctx context.Context, tx Tx, user User, from Origin, by Method) (SignedIn, error) {
	if user.Banned {
		return SignedIn{}, ErrBanned
	}
	enrolled, err := tx.FindEnrolled(ctx, user.ID)
	if err != nil {
		return SignedIn{}, err
	}
	return s.enterEnrolled(ctx, tx, user, from, by, enrolled)
}

// enterEnrolled is Enter for a user who has this enrolled until tx ends.
func (s *Service) enterEnrolled(ctx context.Context, tx Tx, user User, from Origin, by Method, enrolled Enrolled) (SignedIn, error) {
	user.TwoFactorEnabled = enrolled.Enabled
	if !enrolled.Enabled {
		return s.letIn(ctx, tx, user, from, by)
	}
	device, err := s.renewDevice(ctx, tx, user.ID, from)
	if err != nil {
		return SignedIn{}, err
	}
	if device == "" {
		return s.challenge(ctx, tx, user, from, by, enrolled)
	}
	by.Name += "+trusted_device"
	signed, err := s.letIn(ctx, tx, user, from, by)
	signed.Device = device
	return signed, err
}

// Admission is what letting somebody in stores: a session, by which marks their device is
// known from now on, and the event.
type Admission struct {
	Session session.Session
	Marks   []device.Mark
	Event   events.Event
}

// letIn opens a session for somebody who has proved all that is asked.
func (s *Service) letIn(ctx context.Context, tx Tx, user User, from Origin, by Method) (SignedIn, error) {
	opened, secret, err := s.newSession(user.ID, from, by)
	if err != nil {
		return SignedIn{}, err
	}
	met, err := tx.Admit(ctx, Admission{
		Session: opened, Marks: marksOf(from),
		Event: Event(authapi.EventSignedIn, user, from, Details{Method: by.Name, SessionID: opened.ID}),
	})
	if err != nil {
		return SignedIn{}, err
	}
	signed := SignedIn{Session: opened, User: user, Token: secret}
	if met.Any && !met.This {
		return signed, s.Alert(ctx, tx, user, notice.NewDevice, from)
	}
	return signed, nil
}

// openSession adds a new session for the user to tx.
func (s *Service) openSession(ctx context.Context, tx Tx, userID string, from Origin, by Method) (session.Session, string, error) {
	opened, secret, err := s.newSession(userID, from, by)
	if err != nil {
		return session.Session{}, "", err
	}
	return opened, secret, tx.CreateSession(ctx, opened)
}

func (s *Service) newSession(userID string, from Origin, by Method) (session.Session, string, error) {
	secret, err := token.New()
	if err != nil {
		return session.Session{}, "", err
	}
	opened := session.Open(uuid.Must(uuid.NewV7()).String(), token.Hash(secret), userID, from.Remember, s.Now())
	opened.IP, opened.UserAgent, opened.AMR = from.IP, from.UserAgent, by.AMR
	return opened, secret, nil
}
