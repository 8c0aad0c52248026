package httpapi

import (
	"errors"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
)

// maxDeviceSessions is how many accounts one browser may be signed in to at once.
const maxDeviceSessions = 5

// joinDevice adds a new session to those that this browser holds. A session of the same
// user that the browser held before ends: it has been replaced.
func (x *exchange) joinDevice(signed account.SignedIn) error {
	held := x.jar.DeviceSessions(x.r.Header.Get("Cookie"))
	remaining := len(held)
	for _, h := range held {
		former, err := x.api.Accounts.Current(x.r.Context(), session.Hash(token.Hash(h.Token)))
		if errors.Is(err, account.ErrUnauthorized) {
			continue
		}
		if err != nil {
			return err
		}
		if former.User.ID != signed.User.ID {
			continue
		}
		if err := x.api.Accounts.SignOut(x.r.Context(), former.Session.TokenHash); err != nil {
			return err
		}
		x.cookies.Add(x.jar.ExpireDevice(h))
		remaining--
	}
	if remaining < maxDeviceSessions {
		x.cookies.Add(x.jar.Device(signed.Token))
	}
	return nil
}

// closeDevice ends every session that this browser holds: signing out means all of them.
func (x *exchange) closeDevice() error {
	for _, h := range x.jar.DeviceSessions(x.r.Header.Get("Cookie")) {
		x.cookies.Add(x.jar.ExpireDevice(h))
		if err := x.api.Accounts.SignOut(x.r.Context(), session.Hash(token.Hash(h.Token))); err != nil {
			return err
		}
	}
	return nil
}
