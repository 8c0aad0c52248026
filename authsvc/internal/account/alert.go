package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/device"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// AlertLife is how long the link of a security mail works, and offerFor how long it leads
// on to a new password: a mail that lies around for days must not be worth that much.
const (
	AlertLife = 7 * 24 * time.Hour
	offerFor  = time.Hour
)

// Alarm is what the link of a security mail stands for.
type Alarm struct {
	UserID    string
	Address   []byte // hash of the address that it was mailed to
	CreatedAt time.Time
}

// watch is what transactions write of devices and alerts.
type watch interface {
	// MeetDevice remembers by which marks a device is known to the user, and returns what
	// the user knew before.
	MeetDevice(ctx context.Context, userID string, marks []device.Mark, now time.Time) (Acquaintance, error)
	// ForgetDevices makes every device unknown to the user and trusted no more, and ends
	// sign-ins that wait for their second factor.
	ForgetDevices(ctx context.Context, userID string) error
	CreateAlarm(ctx context.Context, hash [32]byte, a Alarm, expires time.Time) error
	// UseAlarm consumes a link and reports whether it was there at now.
	UseAlarm(ctx context.Context, hash [32]byte, now time.Time) (bool, error)
}

// Alert tells a user by mail what happened to their account, with a link to say "this was
// not me". It belongs into the transaction that makes it happen.
func (s *Service) Alert(ctx context.Context, tx Tx, user User, what notice.Alert, from Origin) error {
	return s.alert(ctx, tx, user, notice.Incident{Alert: what}, from)
}

// AlertMove tells a user, at the old address and at the new one, that the address changed.
// user is as they were before.
func (s *Service) AlertMove(ctx context.Context, tx Tx, user User, address string, from Origin) error {
	in := notice.Incident{Alert: notice.EmailChanged, Address: address}
	if err := s.alert(ctx, tx, user, in, from); err != nil {
		return err
	}
	user.Email = address
	return s.alert(ctx, tx, user, in, from)
}

func (s *Service) alert(ctx context.Context, tx Tx, user User, in notice.Incident, from Origin) error {
	if !user.Reachable() {
		return nil
	}
	secret, err := token.New()
	if err != nil {
		return err
	}
	in.At, in.IP, in.Device = s.Now(), from.IP, device.Name(from.UserAgent)
	message, err := s.Notices.Alert(user.User, in, secret)
	if err != nil {
		return err
	}
	address := token.Hash(user.Email)
	alarm := Alarm{UserID: user.ID, Address: address[:], CreatedAt: in.At}
	if err := tx.CreateAlarm(ctx, token.Hash(secret), alarm, in.At.Add(AlertLife)); err != nil {
		return err
	}
	if err := tx.AddMail(ctx, message); err != nil {
		return err
	}
	return tx.AddEvent(ctx, Event(authapi.EventAlertSent, user, from, Details{Reason: string(in.Alert)}))
}

// Reachable reports whether mail finds the user: the addresses of anonymous users and of
// those who gave a phone number only are made up, in the domain that never exists (RFC 2606).
func (u User) Reachable() bool {
	return u.Email != "" && !u.Anonymous && !strings.HasSuffix(u.Email, ".invalid")
}

// AlarmPending reports whether the link of a security mail would work now, without using it.
func (s *Service) AlarmPending(ctx context.Context, secret string) (bool, error) {
	_, err := s.Store.FindAlarm(ctx, token.Hash(secret), s.Now())
	if errors.Is(err, ErrInvalidToken) {
		return false, nil
	}
	return err == nil, err
}

// Disown uses the link of a security mail: all sessions of its user end, with them every
// reset token and half sign-in, and no browser is known or trusted any more. The password
// stays, so that whoever finds the mail cannot lock the owner out. While the mail is fresh
// and the address still the user's, it returns a reset secret to choose a new password with,
// else "". ErrInvalidToken if the link was used or is too old.
func (s *Service) Disown(ctx context.Context, secret string, from Origin) (string, error) {
	hash := token.Hash(secret)
	alarm, err := s.Store.FindAlarm(ctx, hash, s.Now())
	if err != nil {
		return "", err
	}
	user, err := s.FindUser(ctx, identityapi.FindUserIn{ID: alarm.UserID})
	if errors.Is(err, ErrUserNotFound) {
		return "", ErrInvalidToken
	}
	if err != nil {
		return "", err
	}
	reset := ""
	if (Reset{Address: alarm.Address}).mailedTo(user) && s.Now().Sub(alarm.CreatedAt) < offerFor {
		if reset, err = token.New(); err != nil {
			return "", err
		}
	}
	return reset, s.Store.InTx(ctx, func(tx Tx) error {
		first, err := tx.UseAlarm(ctx, hash, s.Now())
		if err != nil {
			return err
		}
		if !first {
			return ErrInvalidToken
		}
		return s.disown(ctx, tx, user, reset, from)
	})
}

func (s *Service) disown(ctx context.Context, tx Tx, user User, reset string, from Origin) error {
	if err := endIn(ctx, tx, session.Selection{UserID: user.ID}, authapi.EventSessionRevoked, "disowned by mail"); err != nil {
		return err
	}
	if err := tx.ForgetDevices(ctx, user.ID); err != nil {
		return err
	}
	if err := tx.DeleteResets(ctx, user.ID); err != nil {
		return err
	}
	if reset != "" {
		if err := tx.CreateReset(ctx, token.Hash(reset), resetOf(user), s.Now().Add(ResetLife)); err != nil {
			return err
		}
	}
	return tx.AddEvent(ctx, Event(authapi.EventDisowned, user, from, Details{}))
}
