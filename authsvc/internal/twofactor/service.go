package twofactor

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Store keeps second factors. Reads see the last commit.
type Store interface {
	// InTx runs write in one transaction: all of it is stored, or nothing.
	InTx(ctx context.Context, write func(Tx) error) error
	// Find returns the user's factor, the zero value if there is none.
	Find(ctx context.Context, userID string) (Factor, error)
	// FindChallenge returns a challenge that is open at now; account.ErrChallenge if there is none.
	FindChallenge(ctx context.Context, hash [32]byte, now time.Time) (account.Challenge, error)
}

// Tx is what one transaction can write beside what accounts do.
type Tx interface {
	account.Tx
	factors
	codes
}

// factors are the rows of a user.
type factors interface {
	// HoldPassword makes sign-ins with the user's password wait until the transaction ends.
	// Who calls it does so before HoldFactor.
	HoldPassword(ctx context.Context, userID string) error
	// HoldFactor returns the user's factor, the zero value if there is none, and lets nobody
	// else have it until the transaction ends.
	HoldFactor(ctx context.Context, userID string) (Factor, error)
	SaveFactor(ctx context.Context, f Factor) error
	// DeleteFactor removes the user's factor and all that goes with it: codes, open challenges,
	// and the trust in browsers.
	DeleteFactor(ctx context.Context, userID string) error
	// ReplaceBackupCodes stores new ones in place of the old.
	ReplaceBackupCodes(ctx context.Context, userID string, hashes [][32]byte) error
	// UseBackupCode consumes a code and reports whether it was there.
	UseBackupCode(ctx context.Context, userID string, hash [32]byte) (bool, error)
}

// codes are mailed codes, and what is counted with challenges.
type codes interface {
	// CreateCode stores a mailed code in place of an older one for the subject.
	CreateCode(ctx context.Context, subject, userID string, hash [32]byte, expires time.Time) error
	// FindCode returns the code for the subject that works at now; ErrOTPExpired if there is none.
	FindCode(ctx context.Context, subject string, now time.Time) (Mailed, error)
	CountAttempt(ctx context.Context, subject string) error
	DeleteCode(ctx context.Context, subject string) error
	// CountChallenge counts an attempt to answer a challenge that is open at now, and returns
	// how many there were before; account.ErrChallenge if there is none.
	CountChallenge(ctx context.Context, hash [32]byte, now time.Time) (int, error)
}

// Service runs the use cases. It is safe for concurrent use.
type Service struct {
	store    Store
	accounts *account.Service
	notices  *notice.Writer
	box      *secret.Box
	key      [32]byte
}

// New returns a Service on the accounts' clock.
func New(store Store, accounts *account.Service, notices *notice.Writer, root secret.Root) (*Service, error) {
	box, err := root.Box("totp")
	if err != nil {
		return nil, fmt.Errorf("make box for authenticators: %w", err)
	}
	return &Service{store, accounts, notices, box, root.Key("two-factor-code")}, nil
}

func (s *Service) now() time.Time { return s.accounts.Now() }

// Change is a request of somebody who is signed in to change their factors, and who gives
// their password once more.
type Change struct {
	Current  account.SignedIn
	Password string
	From     account.Origin
}

// Enrolment is what a new authenticator needs to know. It is shown once.
type Enrolment struct {
	URI         string
	BackupCodes []string
}

// Enrol gives the user a new authenticator, which counts once a code of it was seen
// (VerifyTOTP), and new backup codes. account.ErrPassword, ErrTOTPEnabled. by names the
// installation in the app, "" for the usual name.
func (s *Service) Enrol(ctx context.Context, c Change, by string) (Enrolment, error) {
	if err := s.allow(ctx, c); err != nil {
		return Enrolment{}, err
	}
	fresh, err := newSecret()
	if err != nil {
		return Enrolment{}, err
	}
	shown, err := newBackupCodes()
	if err != nil {
		return Enrolment{}, err
	}
	user := c.Current.User
	err = s.store.InTx(ctx, func(tx Tx) error {
		f, err := tx.HoldFactor(ctx, user.ID)
		if err != nil {
			return err
		}
		if f.Verified {
			return ErrTOTPEnabled
		}
		f.UserID, f.Secret, f.LastStep = user.ID, s.box.Seal([]byte(fresh), user.ID), 0
		if err := tx.SaveFactor(ctx, f); err != nil {
			return err
		}
		if err := tx.ReplaceBackupCodes(ctx, user.ID, s.backupHashes(user.ID, shown)); err != nil {
			return err
		}
		return tx.AddEvent(ctx, account.Event(authapi.EventTwoFactorStarted, user, c.From, account.Details{Method: account.WayTOTP}))
	})
	if by == "" {
		by = issuer
	}
	return Enrolment{uri(fresh, by, user.Email), shown}, err
}

// EnrolMail makes mailed codes the user's second factor, at once. It returns the session
// that takes the place of all others. account.ErrPassword.
func (s *Service) EnrolMail(ctx context.Context, c Change) (account.SignedIn, error) {
	if err := s.allow(ctx, c); err != nil {
		return account.SignedIn{}, err
	}
	if !c.Current.User.Reachable() {
		return account.SignedIn{}, ErrOTPUnavailable
	}
	var signed account.SignedIn
	err := s.store.InTx(ctx, func(tx Tx) error {
		f, err := hold(ctx, tx, asker{user: c.Current.User})
		if err != nil {
			return err
		}
		f.UserID = c.Current.User.ID
		signed, err = s.enable(ctx, tx, &f, c.Current, account.Method{Name: account.WayOTP})
		if err != nil {
			return err
		}
		return tx.SaveFactor(ctx, f)
	})
	return signed, err
}

// enable turns the second factor on and replaces the user's sessions. by is what the user
// proved with beyond the current session.
func (s *Service) enable(ctx context.Context, tx Tx, f *Factor, current account.SignedIn, by account.Method) (account.SignedIn, error) {
	f.Enabled = true
	current.User.TwoFactorEnabled = true
	from := sameOrigin(current)
	signed, err := s.accounts.Replace(ctx, tx, current, account.Replacement{
		AMR: account.Joined(current.Session.AMR, by.AMR), Reason: "second factor enabled", From: from,
	})
	if err != nil {
		return account.SignedIn{}, err
	}
	d := account.Details{Method: by.Name, SessionID: signed.Session.ID}
	return signed, tx.AddEvent(ctx, account.Event(authapi.EventTwoFactorEnabled, current.User, from, d))
}

// sameOrigin is where the current session comes from: what replaces it comes from there.
func sameOrigin(current account.SignedIn) account.Origin {
	return account.Origin{IP: current.Session.IP, UserAgent: current.Session.UserAgent}
}

// Disable gives all second factors of the user up. It returns the session that takes the
// place of all others, which claims no second factor. account.ErrPassword.
func (s *Service) Disable(ctx context.Context, c Change) (account.SignedIn, error) {
	if err := s.allow(ctx, c); err != nil {
		return account.SignedIn{}, err
	}
	current := c.Current
	current.User.TwoFactorEnabled = false
	var signed account.SignedIn
	err := s.store.InTx(ctx, func(tx Tx) error {
		f, err := tx.HoldFactor(ctx, current.User.ID)
		if err != nil {
			return err
		}
		if err := tx.DeleteFactor(ctx, current.User.ID); err != nil {
			return err
		}
		signed, err = s.accounts.Replace(ctx, tx, current, account.Replacement{
			AMR: []string{"pwd"}, Reason: "second factor disabled", From: sameOrigin(current),
		})
		if err != nil || !f.Enabled {
			return err
		}
		if err := s.accounts.Alert(ctx, tx, current.User, notice.SecondFactorOff, c.From); err != nil {
			return err
		}
		d := account.Details{SessionID: signed.Session.ID}
		return tx.AddEvent(ctx, account.Event(authapi.EventTwoFactorDisabled, current.User, c.From, d))
	})
	return signed, err
}

// Remove gives all second factors of a user up in the name of an administrator, for somebody
// who has lost them. It ends the user's sessions and tells them by mail; it changes nothing
// for who has none.
func (s *Service) Remove(ctx context.Context, user account.User, by account.Origin) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		f, err := tx.HoldFactor(ctx, user.ID)
		if err != nil || !f.Enabled {
			return err
		}
		if err := tx.DeleteFactor(ctx, user.ID); err != nil {
			return err
		}
		if err := s.accounts.EndSessions(ctx, tx, account.Ending{UserID: user.ID, Actor: by.Actor, Reason: "second factor removed"}); err != nil {
			return err
		}
		if err := s.accounts.Alert(ctx, tx, user, notice.SecondFactorOff, by); err != nil {
			return err
		}
		return tx.AddEvent(ctx, account.Event(authapi.EventTwoFactorDisabled, user, by, account.Details{Reason: "removed by an administrator"}))
	})
}

// URI returns what an authenticator needs to know, once more. ErrTOTPNotEnabled,
// account.ErrPassword.
func (s *Service) URI(ctx context.Context, c Change) (string, error) {
	user := c.Current.User
	f, err := s.store.Find(ctx, user.ID)
	if err != nil {
		return "", err
	}
	if f.Secret == nil {
		return "", ErrTOTPNotEnabled
	}
	if err := s.allow(ctx, c); err != nil {
		return "", err
	}
	plain, err := s.box.Open(f.Secret, user.ID)
	if err != nil {
		return "", fmt.Errorf("open the authenticator's secret: %w", err)
	}
	return uri(string(plain), issuer, user.Email), nil
}

// RenewBackupCodes replaces the user's backup codes. ErrNotEnabled, account.ErrPassword.
func (s *Service) RenewBackupCodes(ctx context.Context, c Change) ([]string, error) {
	user := c.Current.User
	if !user.TwoFactorEnabled {
		return nil, ErrNotEnabled
	}
	if err := s.allow(ctx, c); err != nil {
		return nil, err
	}
	shown, err := newBackupCodes()
	if err != nil {
		return nil, err
	}
	err = s.store.InTx(ctx, func(tx Tx) error {
		f, err := tx.HoldFactor(ctx, user.ID)
		if err != nil {
			return err
		}
		if f.Secret == nil || !f.Enabled {
			return ErrNotEnabled
		}
		if err := tx.ReplaceBackupCodes(ctx, user.ID, s.backupHashes(user.ID, shown)); err != nil {
			return err
		}
		return tx.AddEvent(ctx, account.Event(authapi.EventBackupCodesMade, user, c.From, account.Details{}))
	})
	return shown, err
}

func (s *Service) backupHashes(userID string, shown []string) [][32]byte {
	hashes := make([][32]byte, 0, len(shown))
	for _, code := range shown {
		hashes = append(hashes, s.digest("backup", userID, code))
	}
	return hashes
}

// allow checks that it is the user who wants a change, and nobody who acts as them.
func (s *Service) allow(ctx context.Context, c Change) error {
	if c.Current.Session.Impersonated() {
		return ErrImpersonated
	}
	return s.accounts.VerifyPassword(ctx, c.Current.User, c.Password, c.From)
}
