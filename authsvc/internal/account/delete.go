package account

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// Removal is a user who is being deleted.
type Removal struct {
	UserID string
	Actor  string // who decided it: the user's own id, or an administrator's
}

// removals is what deleting users writes.
type removals interface {
	// BeginRemoval notes the decision. Noting it again changes nothing.
	BeginRemoval(ctx context.Context, r Removal, now time.Time) error
	// EndRemoval takes the note away and reports whether it was there.
	EndRemoval(ctx context.Context, userID string) (bool, error)
	// DeleteUserRows removes every row that has the user's id in a column user_id.
	DeleteUserRows(ctx context.Context, userID string) error
}

// DeleteUser deletes a user for good: the person in identity, and everything that this
// module keeps of them (sessions, tokens, password, linked accounts, second factors). It is
// for users who delete themselves and for administrators alike; whoever calls it has asked
// for what that takes (a password, a mailed link, a permission). actor is who decided it,
// for the audit log: user.ID for users themselves. identityapi.ErrLastAdministrator if
// nobody else could administer; then nothing has happened.
//
// It crosses two schemas, in an order that leaves nobody half deleted, wherever it breaks
// off. First the decision is noted. Then identity forgets the user, and from that moment
// every way to sign in and every session of theirs is worth nothing, since each asks
// identity. Then the rows here go, with the note. FinishRemovals does what remains of a
// deletion that broke off: an answer other than an error means that all of it is done, an
// outage that it is done or will be.
func (s *Service) DeleteUser(ctx context.Context, user User, actor string, from Origin) error {
	r := Removal{user.ID, actor}
	if err := s.Store.InTx(ctx, func(tx Tx) error { return tx.BeginRemoval(ctx, r, s.Now()) }); err != nil {
		return err
	}
	return s.finishRemoval(ctx, r, user, from)
}

// removalPatience is the age of a note from which nobody else is at work on it any more.
const removalPatience = time.Minute

// FinishRemovals finishes deletions that broke off. Any number of replicas may do so at
// the same time.
func (s *Service) FinishRemovals(ctx context.Context) error {
	left, err := s.Store.ListRemovals(ctx, s.Now().Add(-removalPatience))
	if err != nil {
		return err
	}
	for _, r := range left {
		err := s.finishRemoval(ctx, r, userOf(r.UserID), Origin{})
		if err != nil && !errors.Is(err, identityapi.ErrLastAdministrator) {
			return err
		}
	}
	return nil
}

// FinishRemovalsRegularly does so every minute, until ctx ends or it fails.
func (s *Service) FinishRemovalsRegularly(ctx context.Context) error {
	ticker := time.NewTicker(removalPatience)
	defer ticker.Stop()
	for {
		if err := s.FinishRemovals(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// finishRemoval does all that follows the note.
func (s *Service) finishRemoval(ctx context.Context, r Removal, user User, from Origin) error {
	_, err := identityapi.DeleteUser.Call(ctx, s.Call, identityapi.DeleteUserIn{ID: r.UserID, Actor: r.Actor})
	if errors.Is(err, identityapi.ErrLastAdministrator) {
		withdraw := func(tx Tx) error {
			_, err := tx.EndRemoval(ctx, r.UserID)
			return err
		}
		if failed := s.Store.InTx(ctx, withdraw); failed != nil {
			return failed
		}
	}
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx Tx) error {
		mine, err := tx.EndRemoval(ctx, r.UserID)
		if err != nil || !mine {
			return err
		}
		if err := s.EndSessions(ctx, tx, Ending{UserID: r.UserID, Actor: r.Actor, Reason: "user deleted"}); err != nil {
			return err
		}
		if err := tx.DeleteUserRows(ctx, r.UserID); err != nil {
			return err
		}
		if err := tx.ForgetGuesses(ctx, s.PasswordGuess(userOf(r.UserID), Origin{})); err != nil {
			return err
		}
		ev := Event(authapi.EventAccountDeleted, user, from, Details{})
		ev.Actor = r.Actor
		return tx.AddEvent(ctx, ev)
	})
}
