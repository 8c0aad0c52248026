package twofactor

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Attempt is a second factor that somebody gives: to finish a sign-in, or while signed in.
type Attempt struct {
	Current   account.SignedIn // the zero value without a session
	Challenge string           // the id of the challenge; counts without a session only
	Code      string
	Trust     bool // spare this browser the next time
	Check     bool // only say whether the code is right: it is used up, and no session is opened
	From      account.Origin
}

// asker is whose attempt it is, and what a mailed code for it belongs to.
type asker struct {
	user      account.User
	challenge *account.Challenge // nil with a session
	subject   string
}

// whose finds out whose attempt it is: that of the session, else of the challenge.
// account.ErrChallenge if of nobody, ErrImpersonated if of somebody who acts as the user.
func (s *Service) whose(ctx context.Context, a Attempt) (asker, error) {
	if a.Current.Session.Impersonated() {
		return asker{}, ErrImpersonated
	}
	if a.Current.Session.ID != "" {
		return asker{user: a.Current.User, subject: a.Current.Session.ID}, nil
	}
	hash := token.Hash(a.Challenge)
	challenge, err := s.store.FindChallenge(ctx, hash, s.now())
	if err != nil {
		return asker{}, err
	}
	user, err := s.accounts.ActiveUser(ctx, challenge.UserID)
	if errors.Is(err, account.ErrUnauthorized) {
		return asker{}, account.ErrChallenge.With(err)
	}
	return asker{user, &challenge, hex.EncodeToString(hash[:])}, err
}

// trial is one attempt of one asker, with one kind of second factor.
type trial struct {
	asker
	Attempt
	by account.Method
}

// judge consumes the code. A refusal is what the user is told of a wrong one; it is counted
// and stored. An error stops everything.
type judge func(ctx context.Context, tx Tx, f *Factor, t trial) (refusal *fault.Error, err error)

// VerifyTOTP judges a code of an authenticator. The first right one makes it count. The
// session it returns has a Token if it is a new one. ErrTOTPNotEnabled, and the faults of
// every attempt: account.ErrChallenge, ErrCode, ErrTooManyAttempts, ErrLocked.
func (s *Service) VerifyTOTP(ctx context.Context, a Attempt) (account.SignedIn, error) {
	return s.verify(ctx, a, account.Method{Name: account.WayTOTP, AMR: []string{"otp"}}, s.judgeTOTP)
}

// VerifyOTP judges a mailed code; ErrOTPExpired beside the faults of every attempt.
func (s *Service) VerifyOTP(ctx context.Context, a Attempt) (account.SignedIn, error) {
	return s.verify(ctx, a, account.Method{Name: account.WayOTP, AMR: []string{account.AMRMail}}, s.judgeOTP)
}

// VerifyBackupCode judges a backup code; ErrNoBackupCodes, and ErrBackupCode instead of ErrCode.
func (s *Service) VerifyBackupCode(ctx context.Context, a Attempt) (account.SignedIn, error) {
	return s.verify(ctx, a, account.Method{Name: byBackupCode, AMR: []string{"otp"}}, s.judgeBackupCode)
}

func (s *Service) verify(ctx context.Context, a Attempt, by account.Method, judge judge) (account.SignedIn, error) {
	who, err := s.whose(ctx, a)
	if err != nil {
		return account.SignedIn{}, err
	}
	t := trial{who, a, by}
	var signed account.SignedIn
	var refused *fault.Error
	err = s.store.InTx(ctx, func(tx Tx) error {
		signed = account.SignedIn{}
		f, err := hold(ctx, tx, who)
		if err != nil {
			return err
		}
		if refused, err = s.try(ctx, tx, &f, t, judge); err != nil {
			return err
		}
		if refused == nil {
			signed, err = s.accept(ctx, tx, &f, t)
		}
		if err != nil || f.UserID == "" {
			return err
		}
		return tx.SaveFactor(ctx, f)
	})
	if err == nil && refused != nil {
		err = refused
	}
	return signed, err
}

// hold returns the asker's factor. Where that may be turned on, sign-ins wait.
func hold(ctx context.Context, tx Tx, who asker) (Factor, error) {
	if who.challenge == nil {
		if err := tx.HoldPassword(ctx, who.user.ID); err != nil {
			return Factor{}, err
		}
	}
	return tx.HoldFactor(ctx, who.user.ID)
}

// try judges the code, and stores what must be remembered of a wrong one.
func (s *Service) try(ctx context.Context, tx Tx, f *Factor, t trial, judge judge) (*fault.Error, error) {
	if f.locked(s.now()) {
		return ErrLocked, note(ctx, tx, t, ErrLocked)
	}
	if t.challenge != nil && t.by.Name != account.WayOTP { // mailed codes count their own
		before, err := tx.CountChallenge(ctx, t.challenge.Hash, s.now())
		if err != nil {
			return nil, err
		}
		if before >= maxAttempts { // nothing answers it any more
			if _, err := tx.UseChallenge(ctx, t.challenge.Hash, s.now()); err != nil {
				return nil, err
			}
			return ErrTooManyAttempts, note(ctx, tx, t, ErrTooManyAttempts)
		}
	}
	refused, err := judge(ctx, tx, f, t)
	if err != nil || refused == nil {
		return nil, err
	}
	f.fail(s.now())
	return refused, note(ctx, tx, t, refused)
}

// note records an attempt that was refused.
func note(ctx context.Context, tx Tx, t trial, reason *fault.Error) error {
	ev := account.Event(authapi.EventTwoFactorFailed, t.user, t.From, account.Details{Method: t.by.Name, Reason: reason.Code})
	ev.Outcome = events.Failure
	return tx.AddEvent(ctx, ev)
}

// accept does what a right code is good for: it finishes the sign-in, or the enrolment.
func (s *Service) accept(ctx context.Context, tx Tx, f *Factor, t trial) (account.SignedIn, error) {
	f.pass()
	t.user.TwoFactorEnabled = f.Enabled
	d := account.Details{Method: t.by.Name, SessionID: t.Current.Session.ID}
	if err := tx.AddEvent(ctx, account.Event(authapi.EventTwoFactorPassed, t.user, t.From, d)); err != nil {
		return account.SignedIn{}, err
	}
	switch {
	case t.Check:
	case t.challenge != nil:
		return s.finish(ctx, tx, t)
	case !f.Enabled && t.by.Name != byBackupCode:
		f.UserID = t.user.ID
		return s.enable(ctx, tx, f, t.Current, t.by)
	}
	return account.SignedIn{Session: t.Current.Session, User: t.user}, nil
}

// finish opens the session of a sign-in that waited for its second factor.
func (s *Service) finish(ctx context.Context, tx Tx, t trial) (account.SignedIn, error) {
	signed, err := s.accounts.Finish(ctx, tx, t.user, t.challenge.Hash, t.From, t.by)
	if err != nil {
		return account.SignedIn{}, err
	}
	if t.Trust {
		signed.Device, err = s.accounts.TrustDevice(ctx, tx, t.user, t.From)
	}
	return signed, err
}

func (s *Service) judgeTOTP(ctx context.Context, tx Tx, f *Factor, t trial) (*fault.Error, error) {
	if f.Secret == nil || (t.challenge != nil && !f.Verified) {
		return nil, ErrTOTPNotEnabled
	}
	plain, err := s.box.Open(f.Secret, t.user.ID)
	if err != nil {
		return nil, fmt.Errorf("open the authenticator's secret: %w", err)
	}
	step, ok := matchStep(string(plain), t.Code, s.now(), f.LastStep)
	if !ok {
		return ErrCode, nil
	}
	enrolled := f.Enabled && !f.Verified // beside mailed codes
	f.LastStep, f.Verified = step, true
	if !enrolled {
		return nil, nil
	}
	return nil, tx.AddEvent(ctx, account.Event(authapi.EventTwoFactorEnabled, t.user, t.From, account.Details{Method: t.by.Name}))
}

func (s *Service) judgeOTP(ctx context.Context, tx Tx, _ *Factor, t trial) (*fault.Error, error) {
	mailed, err := tx.FindCode(ctx, t.subject, s.now())
	if err != nil {
		return nil, err
	}
	if mailed.Attempts >= maxAttempts {
		return ErrTooManyAttempts, tx.DeleteCode(ctx, t.subject)
	}
	if given := s.digest("mailed", t.subject, t.Code); !hmac.Equal(mailed.Hash[:], given[:]) {
		return ErrCode, tx.CountAttempt(ctx, t.subject)
	}
	return nil, tx.DeleteCode(ctx, t.subject)
}

// byBackupCode is what events call a backup code.
const byBackupCode = "backup_code"

func (s *Service) judgeBackupCode(ctx context.Context, tx Tx, f *Factor, t trial) (*fault.Error, error) {
	if f.Secret == nil {
		return nil, ErrNoBackupCodes
	}
	used, err := tx.UseBackupCode(ctx, t.user.ID, s.digest("backup", t.user.ID, t.Code))
	if err != nil {
		return nil, err
	}
	if !used {
		return ErrBackupCode, nil
	}
	return nil, tx.AddEvent(ctx, account.Event(authapi.EventBackupCodeUsed, t.user, t.From, account.Details{}))
}
