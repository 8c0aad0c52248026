package social

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// arrival is somebody whom a provider has identified.
type arrival struct {
	Grant
	provider string
	callback string // for the verification mail, where one is due
	from     account.Origin
}

func (a arrival) method() account.Method {
	return account.Method{Name: a.provider, AMR: []string{"fed"}}
}

// link is the account of this arrival, as the user's.
func (s *Service) link(a arrival, userID string) linked.Account {
	now := s.Now()
	return linked.Account{
		ID: uuid.Must(uuid.NewV7()).String(), UserID: userID, Provider: a.provider, AccountID: a.Identity.AccountID,
		Scope: a.Scope, Tokens: a.Tokens, CreatedAt: now, UpdatedAt: now,
	}
}

// errMoved means that what was read has changed meanwhile: look again.
var errMoved = errors.New("the accounts of the arrival have changed")

// How often an arrival looks again, and how long it waits in between. A sign-up that another
// arrival of the same person has under way is waited for; after patience it has broken off.
const (
	attempts = 40
	patience = 30
	pause    = 50 * time.Millisecond
)

// underway is how long a sign-up may take; an account without a user that is older is nobody's.
const underway = time.Minute

// enter signs an arrival in: the user whose account it is, the user who has the address,
// or a new one, which it reports.
func (s *Service) enter(ctx context.Context, a arrival) (account.SignedIn, bool, error) {
	if a.Identity.Email == "" {
		return account.SignedIn{}, false, s.refuse(ctx, a, account.User{}, ErrEmail)
	}
	for i := range attempts {
		signed, isNew, err := s.tryEnter(ctx, a, i >= patience)
		if !errors.Is(err, errMoved) {
			return signed, isNew, err
		}
		select {
		case <-ctx.Done():
			return account.SignedIn{}, false, ctx.Err()
		case <-time.After(pause):
		}
	}
	return account.SignedIn{}, false, s.refuse(ctx, a, account.User{}, ErrUnlinkable)
}

func (s *Service) tryEnter(ctx context.Context, a arrival, impatient bool) (account.SignedIn, bool, error) {
	held, found, err := s.Store.FindLinked(ctx, a.provider, a.Identity.AccountID)
	if err != nil {
		return account.SignedIn{}, false, err
	}
	if found {
		signed, err := s.enterLinked(ctx, a, held, impatient)
		return signed, false, err
	}
	user, err := s.Accounts.FindUser(ctx, identityapi.FindUserIn{Email: a.Identity.Email})
	if errors.Is(err, account.ErrUserNotFound) {
		signed, err := s.enterNew(ctx, a)
		return signed, true, err
	}
	if err != nil {
		return account.SignedIn{}, false, err
	}
	signed, err := s.enterByAddress(ctx, a, user)
	return signed, false, err
}

// enterLinked signs in the user whose account the arrival is. An account without a user is
// of a sign-up that is under way, or nobody's: of one that broke off, or of a user who is gone.
func (s *Service) enterLinked(ctx context.Context, a arrival, held linked.Account, impatient bool) (account.SignedIn, error) {
	user, err := s.Accounts.FindUser(ctx, identityapi.FindUserIn{ID: held.UserID})
	if errors.Is(err, account.ErrUserNotFound) && !impatient && s.Now().Sub(held.CreatedAt) < underway {
		return account.SignedIn{}, errMoved
	}
	if errors.Is(err, account.ErrUserNotFound) {
		return account.SignedIn{}, s.abandon(ctx, held)
	}
	if err != nil {
		return account.SignedIn{}, err
	}
	if user, err = s.confirm(ctx, a, user); err != nil {
		return account.SignedIn{}, err
	}
	return s.admit(ctx, a, user, func(tx Tx) error {
		current, found, err := tx.FindLinked(ctx, a.provider, a.Identity.AccountID)
		if err != nil {
			return err
		}
		if !found || current.UserID != user.ID {
			return errMoved
		}
		return s.renew(ctx, tx, current, Grant{Tokens: a.Tokens}) // scopes change by linking only
	})
}

// abandon frees an account whose user does not exist.
func (s *Service) abandon(ctx context.Context, held linked.Account) error {
	err := s.Store.InTx(ctx, func(tx Tx) error { return tx.Unlink(ctx, held.UserID, held.ID) })
	if err != nil {
		return err
	}
	return errMoved
}

// renew stores new tokens of an account; what the provider did not send stays.
func (s *Service) renew(ctx context.Context, tx Tx, current linked.Account, g Grant) error {
	renewed := merged(current, g)
	renewed.UpdatedAt = s.Now()
	still, err := tx.UpdateTokens(ctx, renewed)
	if err == nil && !still {
		return errMoved
	}
	return err
}

// confirm takes over that the provider vouches for the user's own address.
func (s *Service) confirm(ctx context.Context, a arrival, user account.User) (account.User, error) {
	if user.EmailVerified || user.Banned || !a.Identity.EmailVerified || a.Identity.Email != user.Email {
		return user, nil
	}
	out, err := identityapi.VerifyEmail.Call(ctx, s.Call, identityapi.VerifyEmailIn{ID: user.ID, Email: user.Email})
	if errors.Is(err, identityapi.ErrUserUnknown) { // the address has changed
		return account.User{}, errMoved
	}
	if err != nil {
		return account.User{}, err
	}
	user.User = out.User
	return user, nil
}

// enterByAddress links the arrival to the user who has its address, and signs in. Only
// where both sides are sure of the address: one that nobody has confirmed here may have
// been taken by somebody else, who waits for its owner (Better Auth CVE-2026-53516).
func (s *Service) enterByAddress(ctx context.Context, a arrival, user account.User) (account.SignedIn, error) {
	if !a.Identity.EmailVerified || !user.EmailVerified {
		return account.SignedIn{}, s.refuse(ctx, a, user, ErrNotLinked)
	}
	return s.admit(ctx, a, user, func(tx Tx) error { return s.addLink(ctx, tx, a, user) })
}

// addLink links the arrival to the user; errMoved if it is linked by now.
func (s *Service) addLink(ctx context.Context, tx Tx, a arrival, user account.User) error {
	free, err := tx.Link(ctx, s.link(a, user.ID))
	if err != nil {
		return err
	}
	if !free {
		return errMoved
	}
	return tx.AddEvent(ctx, account.Event(authapi.EventAccountLinked, user, a.from, account.Details{Method: a.provider}))
}

// enterNew makes a user of the arrival. The account is claimed first, so that of several
// arrivals of the same person one signs up and the others wait; then follow address and user,
// as in every sign-up. A crash in between leaves the address free.
func (s *Service) enterNew(ctx context.Context, a arrival) (account.SignedIn, error) {
	claimed := s.link(a, uuid.Must(uuid.NewV7()).String())
	err := s.Store.InTx(ctx, func(tx Tx) error {
		free, err := tx.Link(ctx, claimed)
		if err == nil && !free {
			return errMoved
		}
		return err
	})
	if err != nil {
		return account.SignedIn{}, err
	}
	user, err := s.create(ctx, a, claimed.UserID)
	switch {
	case errors.Is(err, identityapi.ErrEmailTaken), errors.Is(err, identityapi.ErrUserUnknown): // by another sign-up, meanwhile
		return account.SignedIn{}, s.abandon(ctx, claimed)
	case fault.KindOf(err) == fault.Invalid:
		if err := s.abandon(ctx, claimed); !errors.Is(err, errMoved) {
			return account.SignedIn{}, err
		}
		return account.SignedIn{}, s.refuse(ctx, a, account.User{}, ErrCreateUser)
	case err != nil:
		return account.SignedIn{}, err
	}
	return s.welcome(ctx, a, user)
}

// create makes a user in identity.
func (s *Service) create(ctx context.Context, a arrival, id string) (account.User, error) {
	in := identityapi.ReserveUserIn{ID: id, Email: a.Identity.Email, Name: shownName(a.Identity.Name), Locale: a.from.Locale}
	if image := shownImage(a.Identity.Image); image != "" {
		in.Image = &image
	}
	if _, err := identityapi.ReserveUser.Call(ctx, s.Call, in); err != nil {
		return account.User{}, err
	}
	active, err := identityapi.ActivateUser.Call(ctx, s.Call, identityapi.ActivateUserIn{ID: id, EmailVerified: a.Identity.EmailVerified})
	return account.User{User: active.User}, err
}

// welcome signs a new user in for the first time, and mails a link that confirms an address
// that the provider does not vouch for.
func (s *Service) welcome(ctx context.Context, a arrival, user account.User) (account.SignedIn, error) {
	return s.admit(ctx, a, user, func(tx Tx) error {
		if err := tx.AddEvent(ctx, account.Event(authapi.EventSignedUp, user, a.from, account.Details{Method: a.provider})); err != nil {
			return err
		}
		if err := s.keepLink(ctx, tx, a, user); err != nil {
			return err
		}
		if user.EmailVerified || s.Accounts.RequireVerification { // admit mails it then
			return nil
		}
		return s.Accounts.MailVerification(ctx, tx, user, a.callback)
	})
}

// keepLink makes sure that the new user's account is theirs: a parallel arrival may have
// taken it for abandoned.
func (s *Service) keepLink(ctx context.Context, tx Tx, a arrival, user account.User) error {
	current, found, err := tx.FindLinked(ctx, a.provider, a.Identity.AccountID)
	switch {
	case err != nil:
		return err
	case !found:
		return s.addLink(ctx, tx, a, user)
	case current.UserID != user.ID:
		return errMoved
	}
	return tx.AddEvent(ctx, account.Event(authapi.EventAccountLinked, user, a.from, account.Details{Method: a.provider}))
}

// admit opens a session in the transaction of what entitles to it. Where addresses have to
// be confirmed first, a link for that is mailed instead.
func (s *Service) admit(ctx context.Context, a arrival, user account.User, entitle func(Tx) error) (account.SignedIn, error) {
	if user.Banned {
		return account.SignedIn{}, s.refuse(ctx, a, user, account.ErrBanned)
	}
	unconfirmed := s.Accounts.RequireVerification && !user.EmailVerified
	var signed account.SignedIn
	err := s.Store.InTx(ctx, func(tx Tx) (err error) {
		if err = entitle(tx); err != nil {
			return err
		}
		if unconfirmed {
			return s.Accounts.MailVerification(ctx, tx, user, a.callback)
		}
		signed, err = s.Accounts.Enter(ctx, tx, user, a.from, a.method())
		return err
	})
	if err == nil && unconfirmed {
		err = s.refuse(ctx, a, user, account.ErrEmailNotVerified)
	}
	return signed, err
}

// refuse stores that an arrival was not let in, and returns the reason.
func (s *Service) refuse(ctx context.Context, a arrival, user account.User, reason error) error {
	err := s.Store.InTx(ctx, func(tx Tx) error {
		ev := account.Event(authapi.EventSignInFailed, user, a.from, account.Details{Method: a.provider, Reason: fault.From(reason).Code})
		ev.Outcome = events.Failure
		return tx.AddEvent(ctx, ev)
	})
	if err != nil {
		return err
	}
	return reason
}
