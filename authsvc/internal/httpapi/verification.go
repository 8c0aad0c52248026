package httpapi

import (
	"errors"
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// mailFloor is the least time that an anonymous request for a verification or reset mail
// takes, so that the answer's time does not tell whether the address is known.
const mailFloor = 500 * time.Millisecond

func sendVerification(x *exchange) error {
	address, err := mail.ParseAddress(x.body.text("email"))
	if err != nil {
		return errEmail.With(err)
	}
	callback := x.body.text("callbackURL")
	if x.current.User.ID != "" {
		if err := x.api.Accounts.ResendVerification(x.r.Context(), x.current.User, address.String(), callback); err != nil {
			return err
		}
		return x.json(statusAnswer{true})
	}
	err = x.atLeast(mailFloor, func() error {
		return x.api.Accounts.SendVerification(x.r.Context(), address.String(), callback)
	})
	if err != nil {
		return err
	}
	return x.json(statusAnswer{true})
}

// verified is the answer of a verification that leads nowhere else. User is always null:
// a mailed link is no way to read a profile.
type verified struct {
	Status bool  `json:"status"`
	User   *bool `json:"user"`
}

// verifyEmail follows a mailed proof, whose purpose says what it is a yes to.
func verifyEmail(x *exchange) error {
	callback := x.query.text("callbackURL")
	claims, err := x.api.Accounts.ReadProof(x.query.text("token"))
	if err != nil {
		return x.refuseLink(callback, err)
	}
	switch claims.RequestType {
	case token.ApproveChange:
		return approveChange(x)
	case token.ConfirmChange:
		return confirmChange(x)
	case token.ConfirmAddress:
	}
	signed, err := x.api.Accounts.VerifyEmail(x.r.Context(), x.query.text("token"), x.current, x.from(true))
	if err != nil {
		return x.refuseLink(callback, err)
	}
	answer := func() error {
		if callback != "" {
			return x.redirect(callback)
		}
		return x.json(verified{Status: true})
	}
	if signed.Token != "" || signed.Asked != nil {
		return x.enterByLink(signed, "", callback, answer)
	}
	if signed.Session.ID != "" && !x.bearer {
		presented, _, _ := x.api.presented(x.r)
		x.setSession(presented, signed.Session.Remember)
	}
	return answer()
}

// refuseLink answers a mailed link that does not work: the front end is told by a
// parameter, a program by an error. An outage is told as such to both.
func (x *exchange) refuseLink(callback string, err error) error {
	f := fault.From(err)
	switch f.Kind {
	case fault.Internal, fault.Unavailable, fault.Overloaded, fault.Deadline:
		return err
	default:
	}
	if callback != "" {
		return x.redirect(withParameter(callback, "error", f.Code))
	}
	return withStatus(http.StatusUnauthorized, f)
}

type resetRequested struct {
	Status  bool   `json:"status"`
	Message string `json:"message"`
}

func requestReset(x *exchange) error {
	address, err := mail.ParseAddress(x.body.text("email"))
	if err != nil {
		return errEmail.With(err)
	}
	err = x.atLeast(mailFloor, func() error {
		return x.api.Accounts.RequestReset(x.r.Context(), address.String(), x.body.text("redirectTo"), x.from(false))
	})
	if err != nil {
		return err
	}
	return x.json(resetRequested{true, "If this email exists in our system, check your email for the reset link"})
}

// resetCallback leads a mailed link on to the front end, which shows the form.
func resetCallback(x *exchange) error {
	secret, callback := x.r.PathValue("token"), x.query.text("callbackURL")
	if callback == "" {
		return x.redirect(x.api.Base + basePath + "/error?error=" + account.ErrInvalidToken.Code)
	}
	pending, err := x.api.Accounts.ResetPending(x.r.Context(), secret)
	if err != nil {
		return err
	}
	absolute := x.api.absolute(callback)
	if !pending {
		return x.redirect(withParameter(absolute, "error", account.ErrInvalidToken.Code))
	}
	return x.redirect(withParameter(absolute, "token", secret))
}

func resetPassword(x *exchange) error {
	secret := x.body.text("token")
	if secret == "" {
		secret = x.query.text("token")
	}
	if secret == "" {
		return account.ErrInvalidToken
	}
	err := x.api.Accounts.ResetPassword(x.r.Context(), secret, x.body.text("newPassword"), x.from(false))
	if errors.Is(err, account.ErrUserNotFound) {
		return account.ErrInvalidToken.With(err)
	}
	if err != nil {
		return err
	}
	return x.json(statusAnswer{true})
}
