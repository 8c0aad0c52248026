package httpapi

import (
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

var errNoUserInfo = fault.New(fault.NotFound, "FAILED_TO_GET_USER_INFO", "Failed to get user info")

func (a *API) deletionEndpoints() []endpoint {
	return []endpoint{
		{
			id: "delete-user", method: "POST", path: "/delete-user", summary: "Delete the user who is signed in, or mail a link that does", serve: deleteUser,
			access: signedIn, answers: httpx.SchemaOf[deletionAnswer](),
			body: &schema{fields: []field{{name: "callbackURL", optional: true}, {name: "password", optional: true}, {name: "token", optional: true}}},
		},
		{
			id: "delete-user-callback", method: "GET", path: "/delete-user/callback", summary: "Delete the user with a mailed token", serve: deleteUserCallback,
			callback: "callbackURL", access: optional, answers: httpx.SchemaOf[deletionAnswer](),
			query: &schema{fields: []field{{name: "token"}, {name: "callbackURL", optional: true}}},
		},
	}
}

type deletionAnswer struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
}

func deleteUser(x *exchange) error {
	deleted, err := x.api.Accounts.DeleteMyself(x.r.Context(), x.current, account.Deletion{
		Password: x.body.text("password"), Token: x.body.text("token"), CallbackURL: x.body.text("callbackURL"), Origin: x.from(false),
	})
	if err != nil {
		return unusable(err)
	}
	if !deleted {
		return x.json(deletionAnswer{true, "Verification email sent"})
	}
	x.expireSession()
	return x.json(deletionAnswer{true, "User deleted"})
}

func deleteUserCallback(x *exchange) error {
	if x.current.Session.ID == "" {
		return errNoUserInfo
	}
	if err := x.api.Accounts.DeleteByToken(x.r.Context(), x.current.User, x.query.text("token"), x.from(false)); err != nil {
		return unusable(err)
	}
	x.expireSession()
	if callback := x.query.text("callbackURL"); callback != "" {
		return x.redirect(callback)
	}
	return x.json(deletionAnswer{true, "User deleted"})
}

// unusable gives a token that cannot be used the status that it has here.
func unusable(err error) error {
	if errors.Is(err, account.ErrInvalidToken) {
		return withStatus(http.StatusNotFound, account.ErrInvalidToken)
	}
	return err
}
