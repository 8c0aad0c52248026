package httpapi

import (
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/username"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

var errUsernamePassword = fault.New(fault.Unauthenticated, "INVALID_USERNAME_OR_PASSWORD", "Invalid username or password")

func (a *API) usernameEndpoints() []endpoint {
	return []endpoint{
		{
			id: "sign-in-username", method: "POST", path: "/sign-in/username", summary: "Sign in with username and password", serve: signInUsername,
			answers: httpx.SchemaOf[signInAnswer](),
			body: &schema{fields: []field{
				{name: "username"}, {name: "password"}, {name: "rememberMe", kind: boolean, optional: true}, {name: "callbackURL", optional: true},
			}},
		},
		{
			id: "is-username-available", method: "POST", path: "/is-username-available", summary: "Ask whether nobody has a username", serve: isUsernameAvailable,
			body: &schema{fields: []field{{name: "username"}}}, answers: httpx.SchemaOf[availableAnswer](),
		},
	}
}

func signInUsername(x *exchange) error {
	name, password := x.body.text("username"), x.body.text("password")
	if name == "" || password == "" {
		return errUsernamePassword
	}
	if err := username.Check(name); err != nil {
		return unprocessable(err)
	}
	callback := x.body.text("callbackURL")
	signed, err := x.api.Accounts.SignIn(x.r.Context(), account.SignIn{
		Username: name, Password: password, CallbackURL: callback, Origin: x.from(x.body.flag("rememberMe", true)),
	})
	if errors.Is(err, account.ErrCredentials) {
		return errUsernamePassword.With(err)
	}
	if err != nil {
		return err
	}
	return x.signedIn(signed, "", callback)
}

type availableAnswer struct {
	Available bool `json:"available"`
}

func isUsernameAvailable(x *exchange) error {
	name := x.body.text("username")
	if name == "" {
		return unprocessable(username.ErrInvalid)
	}
	if err := username.Check(name); err != nil {
		return unprocessable(err)
	}
	taken, err := x.api.Accounts.UsernameTaken(x.r.Context(), name)
	if err != nil {
		return err
	}
	return x.json(availableAnswer{!taken})
}

// unprocessable gives the fault of a username the status that it has where one is looked for.
func unprocessable(err error) error {
	return withStatus(http.StatusUnprocessableEntity, fault.From(err))
}

// checkUsername refuses a body whose username cannot be one. What is no text is for the
// schema to refuse.
func checkUsername(members values) error {
	if name, given := members["username"].(string); given {
		return username.Check(name)
	}
	return nil
}

// fillUsername completes a sign-up as the protocol does before it judges the rest: a display
// username that can be a username is one, and a username is shown as it was spelt.
func fillUsername(x *exchange, members values) error {
	display, isText := members["displayUsername"].(string)
	if _, given := members["username"]; !given && isText && username.Check(display) == nil {
		members["username"] = display
	}
	if err := checkUsername(members); err != nil {
		return err
	}
	name := members.text("username")
	if name == "" {
		return nil
	}
	taken, err := x.api.Accounts.UsernameTaken(x.r.Context(), name)
	if err == nil && taken {
		err = account.ErrUsernameTaken
	}
	if !truthy(members["displayUsername"]) {
		members["displayUsername"] = name
	}
	return err
}
