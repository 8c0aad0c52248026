package httpapi

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/code"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/mailcode"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

var (
	errCodeType = fault.New(fault.Invalid, "INVALID_OTP_TYPE", "Invalid OTP type")
	errPhoneSet = fault.New(fault.Invalid, "PHONE_NUMBER_CANNOT_BE_SET", "Phone number can only be set by verifying it")
)

// codeType is the field that says what a mailed code is for.
var codeType = field{
	name: "type", judge: oneOf(string(code.Verification), string(code.SignIn), string(code.Reset), string(code.EmailChange)),
}

func (a *API) mailCodeEndpoints() []endpoint {
	return append([]endpoint{
		{
			id: "send-verification-otp", method: "POST", path: "/email-otp/send-verification-otp", summary: "Mail a one-time code", serve: sendMailCode,
			login: true, body: &schema{fields: []field{{name: "email"}, codeType}}, answers: httpx.SchemaOf[successAnswer](),
		},
		{
			id: "check-verification-otp", method: "POST", path: "/email-otp/check-verification-otp", summary: "Check a mailed code without using it up",
			serve: checkMailCode, body: &schema{fields: []field{{name: "email"}, codeType, {name: "otp"}}}, answers: httpx.SchemaOf[successAnswer](),
		},
		{
			id: "verify-email-otp", method: "POST", path: "/email-otp/verify-email", summary: "Confirm an address with a mailed code, and sign in",
			serve: verifyByMailCode, body: &schema{fields: []field{{name: "email"}, {name: "otp"}}}, answers: httpx.SchemaOf[codeAnswer](),
		},
		{
			id: "sign-in-email-otp", method: "POST", path: "/sign-in/email-otp", summary: "Sign in, or up, with a mailed code", serve: signInByMailCode,
			answers: httpx.SchemaOf[signUpAnswer](),
			body: &schema{record: true, fields: []field{
				{name: "email"}, {name: "otp"}, {name: "name", optional: true}, {name: "image", optional: true},
			}},
		},
	}, a.mailCodeChangeEndpoints()...)
}

func (a *API) mailCodeChangeEndpoints() []endpoint {
	address := &schema{fields: []field{{name: "email"}}}
	return []endpoint{
		{
			id: "request-password-reset-otp", method: "POST", path: "/email-otp/request-password-reset", summary: "Mail a code to choose a new password",
			serve: requestResetByMailCode, body: address, answers: httpx.SchemaOf[successAnswer](),
		},
		{
			id: "forget-password-otp", method: "POST", path: "/forget-password/email-otp", summary: "The older name of the same",
			serve: requestResetByMailCode, body: address, answers: httpx.SchemaOf[successAnswer](),
		},
		{
			id: "reset-password-otp", method: "POST", path: "/email-otp/reset-password", summary: "Set a new password with a mailed code",
			serve: resetByMailCode, body: &schema{fields: []field{{name: "email"}, {name: "otp"}, {name: "password"}}}, answers: httpx.SchemaOf[successAnswer](),
		},
		{
			id: "request-email-change-otp", method: "POST", path: "/email-otp/request-email-change", summary: "Mail a code to a new address",
			serve: requestEmailChange, access: signedIn, answers: httpx.SchemaOf[successAnswer](),
			body: &schema{fields: []field{{name: "newEmail"}, {name: "otp", optional: true}}},
		},
		{
			id: "change-email-otp", method: "POST", path: "/email-otp/change-email", summary: "Change the address with a code mailed to the new one",
			serve: changeEmailByMailCode, access: signedIn, answers: httpx.SchemaOf[successAnswer](),
			body: &schema{fields: []field{{name: "newEmail"}, {name: "otp"}}},
		},
	}
}

// address reads a member that the schema takes as any text.
func (x *exchange) address(name string) (string, error) {
	address, err := mail.ParseAddress(x.body.text(name))
	if err != nil {
		return "", errEmail.With(err)
	}
	return address.String(), nil
}

// codeAnswer is the answer to a code that confirmed something. Token is null where no
// session came of it.
type codeAnswer struct {
	Status bool       `json:"status"`
	Token  *string    `json:"token"`
	User   userAnswer `json:"user"`
}

func sendMailCode(x *exchange) error {
	address, err := x.address("email")
	if err != nil {
		return err
	}
	purpose := code.Purpose(x.body.text("type"))
	if purpose == code.EmailChange {
		return errCodeType
	}
	return x.sendMailCode(purpose, address)
}

func checkMailCode(x *exchange) error {
	address, err := x.address("email")
	if err != nil {
		return err
	}
	err = x.api.MailCodes.Check(x.r.Context(), code.Purpose(x.body.text("type")), address, x.body.text("otp"), x.from(false))
	if err != nil {
		return err
	}
	return x.json(successAnswer{true})
}

func verifyByMailCode(x *exchange) error {
	address, err := x.address("email")
	if err != nil {
		return err
	}
	signed, err := x.api.MailCodes.VerifyEmail(x.r.Context(), address, x.body.text("otp"), x.from(true))
	if err != nil {
		return err
	}
	return x.enter(signed, "", func() error { return x.json(codeAnswer{true, &signed.Token, answerUser(signed.User)}) })
}

func signInByMailCode(x *exchange) error {
	address, err := x.address("email")
	if err != nil { // what is no address has no code
		return code.ErrInvalid.With(err)
	}
	in := mailcode.SignIn{Email: address, Code: x.body.text("otp"), Name: x.body.text("name"), Image: x.body.optional("image"), From: x.from(true)}
	signed, err := x.api.MailCodes.SignIn(x.r.Context(), in, x.newcomer)
	if err != nil {
		return err
	}
	return x.enter(signed, "email-otp", func() error { return x.json(signUpAnswer{&signed.Token, answerUser(signed.User)}) })
}

// newcomer checks what a body says of a user who does not exist yet.
func (x *exchange) newcomer() error {
	if err := refuseFields(x.body, closedAtSignUp); err != nil {
		return err
	}
	if truthy(x.body["phoneNumber"]) {
		return errPhoneSet
	}
	return checkTexts(x.body)
}

func requestResetByMailCode(x *exchange) error {
	address, err := x.address("email")
	if err != nil {
		return err
	}
	return x.sendMailCode(code.Reset, address)
}

// codeFloor is the least time that a request for a code takes: an address or a number that
// nobody has gets no message, which must not show.
const codeFloor = 100 * time.Millisecond

func (x *exchange) sendMailCode(purpose code.Purpose, address string) error {
	err := x.atLeast(codeFloor, func() error { return x.api.MailCodes.Send(x.r.Context(), purpose, address, x.from(false)) })
	if err != nil {
		return err
	}
	return x.json(successAnswer{true})
}

func resetByMailCode(x *exchange) error {
	address, err := x.address("email")
	if err != nil {
		return err
	}
	if err := x.api.MailCodes.Reset(x.r.Context(), address, x.body.text("otp"), x.body.text("password"), x.from(false)); err != nil {
		return err
	}
	return x.json(successAnswer{true})
}

func requestEmailChange(x *exchange) error {
	to, err := x.address("newEmail")
	if err != nil {
		return err
	}
	if err := x.api.MailCodes.RequestChange(x.r.Context(), x.current.User, to, x.body.text("otp"), x.from(false)); err != nil {
		return err
	}
	return x.json(successAnswer{true})
}

func changeEmailByMailCode(x *exchange) error {
	to, err := x.address("newEmail")
	if err != nil {
		return err
	}
	if err := x.api.MailCodes.Change(x.r.Context(), x.current.User, to, x.body.text("otp"), x.from(false)); err != nil {
		return err
	}
	x.keepSession()
	return x.json(successAnswer{true})
}
