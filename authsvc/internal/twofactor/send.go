package twofactor

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// SendOTP mails the asker a code. Only the last one works. ErrOTPUnavailable where a mailed
// code is no second factor, throttle.ErrLimited where too many were mailed.
func (s *Service) SendOTP(ctx context.Context, a Attempt) error {
	who, err := s.whose(ctx, a)
	if err != nil {
		return err
	}
	if !who.user.Reachable() {
		return ErrOTPUnavailable
	}
	code, err := token.Draw(codeLength, token.Digits)
	if err != nil {
		return err
	}
	message, err := s.notices.SecondFactor(who.user.User, code)
	if err != nil {
		return err
	}
	guess, err := s.accounts.CodeGuess(ctx, who.user, a.From)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx Tx) error {
		f, err := tx.HoldFactor(ctx, who.user.ID)
		if err != nil {
			return err
		}
		if who.challenge != nil && !who.challenge.Takes(account.WayOTP, f.enrolled()) {
			return ErrOTPUnavailable
		}
		pause, err := tx.CountGuess(ctx, guess)
		if err != nil {
			return err
		}
		if err := throttle.Refuse(pause); err != nil {
			return err
		}
		return s.send(ctx, tx, who, a.From, letter{code, message})
	})
}

// letter is a code in its mail.
type letter struct {
	code string
	mail mail.Message
}

// send stores the code that the mail carries, and the mail.
func (s *Service) send(ctx context.Context, tx Tx, who asker, from account.Origin, l letter) error {
	hash := s.digest("mailed", who.subject, l.code)
	if err := tx.CreateCode(ctx, who.subject, who.user.ID, hash, s.now().Add(CodeLife)); err != nil {
		return err
	}
	if err := tx.AddMail(ctx, l.mail); err != nil {
		return err
	}
	return tx.AddEvent(ctx, account.Event(authapi.EventTwoFactorCodeSent, who.user, from, account.Details{}))
}
