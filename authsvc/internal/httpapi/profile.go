package httpapi

import (
	"slices"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/cookie"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

var (
	errEmailField = fault.New(fault.Invalid, "EMAIL_CAN_NOT_BE_UPDATED", "Email can not be updated")
	errPhoneField = fault.New(fault.Invalid, "PHONE_NUMBER_CANNOT_BE_UPDATED", "Phone number cannot be updated")
	errNoFields   = fault.New(fault.Invalid, "NO_FIELDS_TO_UPDATE", "No fields to update")
)

func (a *API) profileEndpoints() []endpoint {
	return []endpoint{
		{
			id: "update-user", method: "POST", path: "/update-user", summary: "Change name, image, username, display username or language (locale)", serve: updateUser,
			before: checkProfileFields, access: signedIn, answers: httpx.SchemaOf[statusAnswer](),
			body: &schema{anything: true, fields: []field{
				{name: "name", optional: true},
				{name: "image", optional: true, nullable: true},
				{name: "username", optional: true, nullable: true},
				{name: "displayUsername", optional: true, nullable: true},
				{name: "locale", optional: true},
			}},
		},
		{
			id: "update-session", method: "POST", path: "/update-session", summary: "Refused: sessions have no fields of their own", serve: updateSession,
			access: signedIn, body: &schema{anything: true},
		},
	}
}

// Fields of users that the protocol shows and nobody sets by asking (past-vulnerabilities
// row 43). Those with a default are ignored at sign-up, where they would not be an update.
var (
	closedFields    = []string{"twoFactorEnabled", "role", "banned", "banReason", "banExpires", "phoneNumberVerified", "isAnonymous"}
	closedAtSignUp  = []string{"role", "banReason", "banExpires", "phoneNumberVerified"}
	closedOfSession = []string{"impersonatedBy"}
)

// refuseFields refuses a body that sets one of the fields. What counts as nothing in the
// client's language sets nothing.
func refuseFields(body values, closed []string) error {
	for _, name := range closed {
		if truthy(body[name]) {
			return errNotAllowed.WithMessage(name + " is not allowed to be set")
		}
	}
	return nil
}

// truthy reports whether a decoded JSON value counts as true in JavaScript.
func truthy(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case float64:
		return v != 0
	}
	return true
}

// checkProfileFields judges what the protocol judges before everything else.
func checkProfileFields(_ *exchange, members values) error {
	if phone, given := members["phoneNumber"]; given && phone != nil {
		return errPhoneField
	}
	return checkUsername(members)
}

func updateUser(x *exchange) error {
	if truthy(x.body["email"]) {
		return errEmailField
	}
	if err := refuseFields(x.body, closedFields); err != nil {
		return err
	}
	if err := checkTexts(x.body); err != nil {
		return err
	}
	locale, err := x.locale()
	if err != nil {
		return err
	}
	image, imageGiven := x.body["image"]
	change := account.Profile{
		Name: x.body.optional("name"), Image: x.body.optional("image"), ClearImage: imageGiven && image == nil,
		Username: x.body.removable("username"), DisplayName: x.body.removable("displayUsername"),
		PhoneNumber: x.body.removable("phoneNumber"), Locale: locale,
	}
	if change == (account.Profile{}) {
		return errNoFields
	}
	if _, err := x.api.Accounts.UpdateProfile(x.r.Context(), x.current.User, change); err != nil {
		return err
	}
	x.keepSession()
	return x.json(statusAnswer{true})
}

// locale returns the language that the body asks for, nil for none. It is no field of the
// protocol's own, but one that a server may add.
func (x *exchange) locale() (*string, error) {
	given := x.body.optional("locale")
	if given == nil || *given == "" {
		return given, nil
	}
	locale := x.api.Accounts.Notices.Preferred(*given)
	if locale == "" {
		return nil, errText.WithMessage("[body.locale] Invalid input: no language tag, such as en or de")
	}
	return &locale, nil
}

// keepSession gives the browser the cookie of its session anew, and the one that lists it
// among the device's sessions to one that had none.
func (x *exchange) keepSession() {
	presented, _, _ := x.api.presented(x.r)
	x.setSession(presented, x.current.Session.Remember)
	held := x.jar.DeviceSessions(x.r.Header.Get("Cookie"))
	listed := slices.ContainsFunc(held, func(h cookie.Held) bool { return h.Token == presented })
	if !listed && len(held) < maxDeviceSessions {
		x.cookies.Add(x.jar.Device(presented))
	}
}

func updateSession(x *exchange) error {
	if err := refuseFields(x.body, closedOfSession); err != nil {
		return err
	}
	return errNoFields
}

// checkTexts refuses names with control characters, and those that are too long.
func checkTexts(body values) error {
	for _, name := range []string{"name", "displayUsername"} {
		if text := body.text(name); len(text) > maxName || cleanText(text) != text {
			return errText.WithMessage("[body." + name + "] Invalid input: too long or with control characters")
		}
	}
	return nil
}
