package role

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// configuration is the actor of what happens because a setting says so.
const configuration = "system:configuration"

// Appointments are the addresses whose owners the configuration makes administrators.
type Appointments struct {
	emails []string
	atOnce bool // without waiting for the proof that the address is theirs
	now    func() time.Time
}

// NewAppointments returns the appointments of the given addresses. With atOnce, their
// owners need not prove them first: that is for development only.
func NewAppointments(emails []string, atOnce bool, now func() time.Time) (*Appointments, error) {
	a := &Appointments{atOnce: atOnce, now: now}
	for _, email := range emails {
		address, err := mail.ParseAddress(email)
		if err != nil {
			return nil, fmt.Errorf("%q is not an e-mail address", email)
		}
		a.emails = append(a.emails, address.String())
	}
	return a, nil
}

var _ user.Appointer = (*Appointments)(nil)

// Appoint makes u an administrator if the configuration says so.
func (a *Appointments) Appoint(ctx context.Context, tx user.Tx, u user.User) (user.User, error) {
	if !a.promised(u) {
		return u, nil
	}
	if err := give(ctx, tx, a.grantTo(u)); err != nil {
		return user.User{}, err
	}
	return tx.Lock(ctx, u.ID)
}

// AppointAll makes the present owners of the addresses administrators. It is what
// makes a change of the setting count for users who signed up before it.
func (a *Appointments) AppointAll(ctx context.Context, store Store) error {
	for _, email := range a.emails {
		err := store.Change(ctx, func(tx Tx) error {
			owner, err := tx.LockByEmail(ctx, email)
			if errors.Is(err, user.ErrUnknown) || (err == nil && !a.promised(owner)) {
				return nil
			}
			if err != nil {
				return err
			}
			return give(ctx, tx, a.grantTo(owner))
		})
		if err != nil {
			return fmt.Errorf("appoint administrators: %w", err)
		}
	}
	return nil
}

func (a *Appointments) promised(u user.User) bool {
	if !u.EmailVerified && !a.atOnce {
		return false
	}
	return a.Promises(u.Email)
}

// Promises reports whether the configuration makes the owner of the address an
// administrator.
func (a *Appointments) Promises(email string) bool { return slices.Contains(a.emails, email) }

func (a *Appointments) grantTo(u user.User) grant {
	return grant{u.ID, Admin, configuration, a.now().UTC().Truncate(time.Millisecond)}
}
