package httpapi

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/twofactor"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

var (
	errEmail      = fault.New(fault.Invalid, "INVALID_EMAIL", "Invalid email")
	errNotAllowed = fault.New(fault.Invalid, "FIELD_NOT_ALLOWED", "")
	errText       = fault.New(fault.Invalid, "VALIDATION_ERROR", "[body.name] Invalid input: too long or with control characters")
)

type signUpAnswer struct {
	Token *string    `json:"token"`
	User  userAnswer `json:"user"`
}

type signInAnswer struct {
	Redirect bool       `json:"redirect"`
	Token    string     `json:"token"`
	URL      *string    `json:"url,omitempty"`
	User     userAnswer `json:"user"`
}

type successAnswer struct {
	Success bool `json:"success"`
}

func signUp(x *exchange) error {
	if err := refuseFields(x.body, closedAtSignUp); err != nil {
		return err
	}
	address, err := mail.ParseAddress(x.body.text("email"))
	if err != nil {
		return errEmail.With(err)
	}
	if err := checkTexts(x.body); err != nil {
		return err
	}
	in := account.SignUp{
		Email: address.String(), Password: x.body.text("password"), Name: x.body.text("name"),
		Image: x.body.optional("image"), Username: x.body.optional("username"), DisplayName: x.body.optional("displayUsername"),
		CallbackURL: x.body.text("callbackURL"), Origin: x.from(x.body.flag("rememberMe", true)),
	}
	locale, err := x.locale()
	if err != nil {
		return err
	}
	if locale != nil {
		in.Origin.Locale = *locale
	}
	signed, err := x.api.Accounts.SignUp(x.r.Context(), in)
	if err != nil {
		return err
	}
	answer := signUpAnswer{User: answerUser(signed.User)}
	if signed.Token == "" {
		return x.json(answer)
	}
	answer.Token = &signed.Token
	return x.enter(signed, "email", func() error { return x.json(answer) })
}

func signIn(x *exchange) error {
	address, err := mail.ParseAddress(x.body.text("email"))
	if err != nil {
		return errEmail.With(err)
	}
	callback := x.body.text("callbackURL")
	signed, err := x.api.Accounts.SignIn(x.r.Context(), account.SignIn{
		Email: address.String(), Password: x.body.text("password"), CallbackURL: callback, Origin: x.from(x.body.flag("rememberMe", true)),
	})
	if err != nil {
		return err
	}
	return x.signedIn(signed, "email", callback)
}

// signedIn tells a client that it is signed in, or what it is asked, and where it wanted to
// go next.
func (x *exchange) signedIn(signed account.SignedIn, method, callback string) error {
	if callback != "" {
		x.w.Header().Set("Location", callback)
	}
	answer := signInAnswer{Redirect: callback != "", Token: signed.Token, User: answerUser(signed.User)}
	if _, given := x.body["callbackURL"]; given {
		answer.URL = &callback
	}
	return x.enter(signed, method, func() error { return x.json(answer) })
}

func signOut(x *exchange) error {
	to, err := x.logoutURL()
	if err != nil {
		return err
	}
	if presented, _, ok := x.api.presented(x.r); ok {
		if err := x.api.Accounts.SignOut(x.r.Context(), session.Hash(token.Hash(presented))); err != nil {
			return err
		}
	}
	x.expireSession()
	if err := x.closeDevice(); err != nil {
		return err
	}
	if to == "" {
		return x.json(successAnswer{true})
	}
	return x.leave(to)
}

type okAnswer struct {
	OK bool `json:"ok"`
}

func ok(x *exchange) error { return x.json(okAnswer{true}) }

// withStatus gives a fault a status that its kind does not have.
func withStatus(status int, f *fault.Error) error { return &statusError{f, status} }

type statusError struct {
	fault  *fault.Error
	status int
}

// Error implements error.
func (e *statusError) Error() string { return e.fault.Error() }

// Unwrap keeps the fault in the chain.
func (e *statusError) Unwrap() error { return e.fault }

// statusOf returns the protocol's status of an error, where it is not its kind's.
func statusOf(f *fault.Error) int {
	switch f.Code {
	case errMediaType.Code:
		return http.StatusUnsupportedMediaType
	case account.ErrUserExists.Code:
		return http.StatusUnprocessableEntity
	case twofactor.ErrLocked.Code:
		return http.StatusTooManyRequests
	}
	return f.Kind.Status()
}
