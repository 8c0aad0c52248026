package httpapi

import (
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/phone"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

var errPhonePassword = fault.New(fault.Unauthenticated, "INVALID_PHONE_NUMBER_OR_PASSWORD", "Invalid phone number or password")

func (a *API) phoneEndpoints() []endpoint {
	number := &schema{fields: []field{{name: "phoneNumber"}}}
	return []endpoint{
		{
			id: "sign-in-phone-number", method: "POST", path: "/sign-in/phone-number", summary: "Sign in with phone number and password",
			serve: signInByPhone, answers: httpx.SchemaOf[signUpAnswer](),
			body: &schema{fields: []field{{name: "phoneNumber"}, {name: "password"}, {name: "rememberMe", kind: boolean, optional: true}}},
		},
		{
			id: "phone-number-send-otp", method: "POST", path: "/phone-number/send-otp", summary: "Send a one-time code as a text message",
			serve: sendTextCode, body: number, answers: httpx.SchemaOf[messageAnswer](),
		},
		{
			id: "phone-number-verify", method: "POST", path: "/phone-number/verify", summary: "Sign in, or up, or add a number, with a code", serve: verifyPhone,
			access: optional, answers: httpx.SchemaOf[codeAnswer](),
			body: &schema{record: true, fields: []field{
				{name: "phoneNumber"},
				{name: "code"},
				{name: "disableSession", kind: boolean, optional: true},
				{name: "updatePhoneNumber", kind: boolean, optional: true},
			}},
		},
		{
			id: "phone-number-request-password-reset", method: "POST", path: "/phone-number/request-password-reset",
			summary: "Send a code to choose a new password", serve: requestResetByText, body: number, answers: httpx.SchemaOf[statusAnswer](),
		},
		{
			id: "phone-number-reset-password", method: "POST", path: "/phone-number/reset-password", summary: "Set a new password with a code",
			serve: resetByText, body: &schema{fields: []field{{name: "otp"}, {name: "phoneNumber"}, {name: "newPassword"}}}, answers: httpx.SchemaOf[statusAnswer](),
		},
	}
}

// messageAnswer is an answer that says no more than what happened.
type messageAnswer struct {
	Message string `json:"message"`
}

func signInByPhone(x *exchange) error {
	number, err := phone.Parse(x.body.text("phoneNumber"))
	if err != nil {
		return err
	}
	signed, err := x.api.Accounts.SignIn(x.r.Context(), account.SignIn{
		PhoneNumber: number, Password: x.body.text("password"), Origin: x.from(x.body.flag("rememberMe", true)),
	})
	if errors.Is(err, account.ErrCredentials) {
		return errPhonePassword.With(err)
	}
	if err != nil {
		return err
	}
	return x.enter(signed, "", func() error { return x.json(signUpAnswer{&signed.Token, answerUser(signed.User)}) })
}

func sendTextCode(x *exchange) error {
	number, err := phone.Parse(x.body.text("phoneNumber"))
	if err != nil {
		return err
	}
	if err := x.api.Phones.Send(x.r.Context(), number, x.from(false)); err != nil {
		return err
	}
	return x.json(messageAnswer{"code sent"})
}

func verifyPhone(x *exchange) error {
	number, err := phone.Parse(x.body.text("phoneNumber"))
	if err != nil {
		return err
	}
	proof := phone.Proof{Number: number, Code: x.body.text("code"), From: x.from(true)}
	if x.body.flag("updatePhoneNumber", false) {
		return x.addPhone(proof)
	}
	newcomer := func() error { return refuseFields(x.body, closedAtSignUp) }
	signed, err := x.api.Phones.Verify(x.r.Context(), proof, !x.body.flag("disableSession", false), newcomer)
	if err != nil {
		return err
	}
	if signed.Token == "" && signed.Asked == nil {
		return x.json(codeAnswer{Status: true, User: answerUser(signed.User)})
	}
	return x.enter(signed, "", func() error { return x.json(codeAnswer{true, &signed.Token, answerUser(signed.User)}) })
}

// addPhone gives the number to who is signed in. The token in the answer is the handle of
// the session, as in all answers that do not open one (ADR 0002).
func (x *exchange) addPhone(proof phone.Proof) error {
	user, err := x.api.Phones.Add(x.r.Context(), x.current.User, proof)
	if errors.Is(err, account.ErrUserNotFound) {
		return withStatus(http.StatusUnauthorized, account.ErrUserNotFound.With(err))
	}
	if err != nil {
		return err
	}
	handle := x.current.Session.TokenHash.Handle()
	return x.json(codeAnswer{true, &handle, answerUser(user)})
}

func requestResetByText(x *exchange) error {
	number, err := phone.Parse(x.body.text("phoneNumber"))
	if err != nil {
		return x.json(statusAnswer{true}) // nobody has what is no number
	}
	err = x.atLeast(codeFloor, func() error { return x.api.Phones.RequestReset(x.r.Context(), number, x.from(false)) })
	if err != nil {
		return err
	}
	return x.json(statusAnswer{true})
}

func resetByText(x *exchange) error {
	number, err := phone.Parse(x.body.text("phoneNumber"))
	if err != nil {
		return err
	}
	proof := phone.Proof{Number: number, Code: x.body.text("otp"), From: x.from(false)}
	if err := x.api.Phones.Reset(x.r.Context(), proof, x.body.text("newPassword")); err != nil {
		return err
	}
	return x.json(statusAnswer{true})
}
