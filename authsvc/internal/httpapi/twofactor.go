package httpapi

import (
	"errors"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/cookie"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/twofactor"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

var (
	errIssuer         = fault.New(fault.Invalid, "VALIDATION_ERROR", "[body.issuer] Invalid input: too long or with control characters")
	errOTPUnavailable = twofactor.ErrOTPUnavailable.WithMessage("otp isn't configured")
)

func (a *API) twoFactorEndpoints() []endpoint {
	password := &schema{fields: []field{{name: "password"}}}
	code := []field{{name: "code"}, {name: "trustDevice", kind: boolean, optional: true}}
	return []endpoint{
		{
			id: "two-factor-enable", method: "POST", path: "/two-factor/enable", summary: "Set an authenticator up, or turn mailed codes on",
			serve: enableFactor, access: signedIn, answers: httpx.SchemaOf[enableAnswer](),
			body: &schema{fields: []field{
				{name: "password"}, {name: "method", kind: choice, options: []string{account.WayOTP, account.WayTOTP}, optional: true}, {name: "issuer", optional: true},
			}},
		},
		{
			id: "two-factor-disable", method: "POST", path: "/two-factor/disable", summary: "Give all second factors up",
			serve: disableFactor, access: signedIn, body: password, answers: httpx.SchemaOf[statusAnswer](),
		},
		{
			id: "two-factor-get-totp-uri", method: "POST", path: "/two-factor/get-totp-uri", summary: "What an authenticator has to know, once more",
			serve: totpURI, access: signedIn, body: password, answers: httpx.SchemaOf[uriAnswer](),
		},
		{
			id: "two-factor-verify-totp", method: "POST", path: "/two-factor/verify-totp", summary: "Give a code of an authenticator",
			serve: verifyTOTP, access: optional, body: &schema{fields: code}, answers: httpx.SchemaOf[verifiedAnswer](),
		},
		{
			id: "two-factor-send-otp", method: "POST", path: "/two-factor/send-otp", summary: "Mail a code",
			serve: sendOTP, access: optional, answers: httpx.SchemaOf[statusAnswer](),
			body: &schema{optional: true, fields: []field{{name: "trustDevice", kind: boolean, optional: true}}},
		},
		{
			id: "two-factor-verify-otp", method: "POST", path: "/two-factor/verify-otp", summary: "Give a mailed code",
			serve: verifyOTP, access: optional, body: &schema{fields: code}, answers: httpx.SchemaOf[verifiedAnswer](),
		},
		{
			id: "two-factor-verify-backup-code", method: "POST", path: "/two-factor/verify-backup-code", summary: "Give a backup code, which is used up",
			serve: verifyBackupCode, access: optional, answers: httpx.SchemaOf[verifiedAnswer](),
			body: &schema{fields: []field{
				{name: "code"}, {name: "disableSession", kind: boolean, optional: true}, {name: "trustDevice", kind: boolean, optional: true},
			}},
		},
		{
			id: "two-factor-generate-backup-codes", method: "POST", path: "/two-factor/generate-backup-codes", summary: "Replace the backup codes",
			serve: renewBackupCodes, access: signedIn, body: password, answers: httpx.SchemaOf[backupAnswer](),
		},
	}
}

type enableAnswer struct {
	Method      string   `json:"method"`
	TOTPURI     string   `json:"totpURI,omitempty"`
	BackupCodes []string `json:"backupCodes,omitempty"`
}

type uriAnswer struct {
	TOTPURI string `json:"totpURI"`
}

type backupAnswer struct {
	Status      bool     `json:"status"`
	BackupCodes []string `json:"backupCodes"`
}

// verifiedAnswer has the token of a new session. To somebody who is signed in it names the
// session by its handle (ADR 0002).
type verifiedAnswer struct {
	Token string     `json:"token,omitempty"`
	User  userAnswer `json:"user"`
}

func (x *exchange) change() twofactor.Change {
	return twofactor.Change{Current: x.current, Password: x.body.text("password"), From: x.from(false)}
}

func enableFactor(x *exchange) error {
	if x.body.text("method") == account.WayOTP {
		signed, err := x.api.Factors.EnrolMail(x.r.Context(), x.change())
		if err != nil {
			return err
		}
		return x.enter(signed, "", func() error { return x.json(enableAnswer{Method: account.WayOTP}) })
	}
	issuer := x.body.text("issuer")
	if len(issuer) > maxName || cleanText(issuer) != issuer {
		return errIssuer
	}
	enrolment, err := x.api.Factors.Enrol(x.r.Context(), x.change(), issuer)
	if err != nil {
		return err
	}
	return x.json(enableAnswer{account.WayTOTP, enrolment.URI, enrolment.BackupCodes})
}

func disableFactor(x *exchange) error {
	signed, err := x.api.Factors.Disable(x.r.Context(), x.change())
	if err != nil {
		return err
	}
	var beside []cookie.Cookie
	if x.jar.TrustedDevice(x.r.Header.Get("Cookie")) != "" {
		beside = append(beside, x.jar.ExpireTrust())
	}
	return x.handOut(signed, "", func() error { return x.json(statusAnswer{true}) }, beside...)
}

func totpURI(x *exchange) error {
	uri, err := x.api.Factors.URI(x.r.Context(), x.change())
	if err != nil {
		return err
	}
	return x.json(uriAnswer{uri})
}

func renewBackupCodes(x *exchange) error {
	codes, err := x.api.Factors.RenewBackupCodes(x.r.Context(), x.change())
	if err != nil {
		return err
	}
	return x.json(backupAnswer{true, codes})
}

// attempt collects what somebody gives as a second factor.
func (x *exchange) attempt() twofactor.Attempt {
	return twofactor.Attempt{
		Current: x.current, Challenge: x.jar.ChallengeID(x.r.Header.Get("Cookie")), Code: x.body.text("code"),
		Trust: x.body.flag("trustDevice", false), From: x.from(false),
	}
}

func sendOTP(x *exchange) error {
	err := x.api.Factors.SendOTP(x.r.Context(), x.attempt())
	if errors.Is(err, twofactor.ErrOTPUnavailable) {
		return errOTPUnavailable
	}
	if err != nil {
		return err
	}
	return x.json(statusAnswer{true})
}

// verifyTOTP answers an enrolment as the protocol does: with the session and the user as
// they were before. The new session is in the cookie and in the header.
func verifyTOTP(x *exchange) error {
	signed, err := x.api.Factors.VerifyTOTP(x.r.Context(), x.attempt())
	if err != nil {
		return x.refuseFactor(err)
	}
	if x.current.Session.ID != "" {
		before := verifiedAnswer{x.current.Session.TokenHash.Handle(), answerUser(x.current.User)}
		return x.passed(signed, before)
	}
	return x.passed(signed, verifiedAnswer{signed.Token, answerUser(signed.User)})
}

func verifyOTP(x *exchange) error {
	signed, err := x.api.Factors.VerifyOTP(x.r.Context(), x.attempt())
	if err != nil {
		return err
	}
	return x.passed(signed, x.verified(signed))
}

func verifyBackupCode(x *exchange) error {
	attempt := x.attempt()
	attempt.Check = x.body.flag("disableSession", false)
	signed, err := x.api.Factors.VerifyBackupCode(x.r.Context(), attempt)
	if err != nil {
		return x.refuseFactor(err)
	}
	return x.passed(signed, x.verified(signed))
}

func (x *exchange) verified(signed account.SignedIn) verifiedAnswer {
	answer := verifiedAnswer{signed.Token, answerUser(signed.User)}
	if signed.Token == "" && signed.Session.ID != "" {
		answer.Token = signed.Session.TokenHash.Handle()
	}
	return answer
}

// passed hands the new session out, if there is one. A browser that is trusted forgets that
// it was not to be remembered.
func (x *exchange) passed(signed account.SignedIn, answer verifiedAnswer) error {
	if signed.Token == "" {
		return x.json(answer)
	}
	var beside []cookie.Cookie
	if x.current.Session.ID == "" {
		beside = append(beside, x.jar.ExpireChallenge())
	}
	if signed.Device != "" {
		beside = append(append(beside, x.trust(signed)...), x.jar.Remembered())
	}
	return x.handOut(signed, "", func() error { return x.json(answer) }, beside...)
}

// refuseFactor takes a challenge back that no attempt can answer any more.
func (x *exchange) refuseFactor(err error) error {
	if x.current.Session.ID == "" && errors.Is(err, twofactor.ErrTooManyAttempts) {
		x.cookies.Add(x.jar.ExpireChallenge())
	}
	return err
}
