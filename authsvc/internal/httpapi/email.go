package httpapi

import (
	"math/rand/v2"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

func (a *API) emailEndpoints() []endpoint {
	return []endpoint{{
		id: "change-email", method: "POST", path: "/change-email", summary: "Mail a link that changes the user's address", serve: changeEmail,
		access: signedIn, answers: httpx.SchemaOf[statusAnswer](),
		body: &schema{fields: []field{{name: "newEmail", kind: email}, {name: "callbackURL", optional: true}}},
	}}
}

func changeEmail(x *exchange) error {
	address, err := mail.ParseAddress(x.body.text("newEmail"))
	if err != nil {
		return errEmail.With(err)
	}
	in := account.EmailChange{To: address.String(), CallbackURL: x.body.text("callbackURL"), Origin: x.from(false)}
	err = x.atLeast(mailFloor, func() error {
		return x.api.Accounts.RequestEmailChange(x.r.Context(), x.current.User, in)
	})
	if err != nil {
		return err
	}
	return x.json(statusAnswer{true})
}

// emailChanged is the answer of a completed change.
type emailChanged struct {
	Status bool       `json:"status"`
	User   userAnswer `json:"user"`
}

// approveChange takes the yes of the old address.
func approveChange(x *exchange) error {
	callback := x.query.text("callbackURL")
	in := account.EmailChange{CallbackURL: callback, Origin: x.from(false)}
	if err := x.api.Accounts.ApproveEmailChange(x.r.Context(), x.query.text("token"), x.current, in); err != nil {
		return x.refuseLink(callback, err)
	}
	if callback != "" {
		return x.redirect(callback)
	}
	return x.json(statusAnswer{true})
}

// confirmChange takes the yes of the new address.
func confirmChange(x *exchange) error {
	callback := x.query.text("callbackURL")
	user, err := x.api.Accounts.ConfirmEmailChange(x.r.Context(), x.query.text("token"), x.current, x.from(false))
	if err != nil {
		return x.refuseLink(callback, err)
	}
	if x.current.Session.ID != "" {
		x.keepSession()
	}
	if callback != "" {
		return x.redirect(callback)
	}
	return x.json(emailChanged{true, answerUser(user)})
}

// atLeast makes an answer take no less than a time, so that it does not tell what was found.
// Up to a fifth more is drawn by lot: what was found has work done after it, which holds up a
// busy machine by a fraction of a millisecond.
func (x *exchange) atLeast(floor time.Duration, do func() error) error {
	timer := time.NewTimer(floor + rand.N(floor/5)) //nolint:gosec // ChaCha8, seeded by the system
	defer timer.Stop()
	err := do()
	select {
	case <-timer.C:
	case <-x.r.Context().Done():
	}
	return err
}
