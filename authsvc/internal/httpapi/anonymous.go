package httpapi

import (
	"errors"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

func (a *API) anonymousEndpoints() []endpoint {
	return []endpoint{
		{
			id: "sign-in-anonymous", method: "POST", path: "/sign-in/anonymous", summary: "Sign in without an account", serve: signInAnonymous,
			access: optional, answers: httpx.SchemaOf[anonymousAnswer](),
		},
		{
			id: "delete-anonymous-user", method: "POST", path: "/delete-anonymous-user", summary: "Delete the anonymous user who is signed in",
			serve: deleteAnonymous, access: signedIn, answers: httpx.SchemaOf[successAnswer](),
		},
	}
}

type anonymousAnswer struct {
	Token string     `json:"token"`
	User  userAnswer `json:"user"`
}

func signInAnonymous(x *exchange) error {
	signed, err := x.api.Accounts.SignInAnonymous(x.r.Context(), x.current.User, x.from(true))
	if err != nil {
		return err
	}
	return x.enter(signed, "", func() error { return x.json(anonymousAnswer{signed.Token, answerUser(signed.User)}) })
}

func deleteAnonymous(x *exchange) error {
	if err := x.api.Accounts.DeleteAnonymous(x.r.Context(), x.current.User, x.from(false)); err != nil {
		return err
	}
	x.expireSession()
	return x.json(successAnswer{true})
}

// leaveAnonymous deletes the anonymous user of this browser once it is signed in as somebody
// else: nobody could be that user again.
func (x *exchange) leaveAnonymous(signed account.SignedIn) error {
	presented, _, ok := x.api.presented(x.r)
	if !ok {
		return nil
	}
	former, err := x.api.Accounts.Current(x.r.Context(), session.Hash(token.Hash(presented)))
	switch {
	case errors.Is(err, account.ErrUnauthorized):
		return nil
	case err != nil:
		return err
	case !former.User.Anonymous || former.User.ID == signed.User.ID || signed.User.Anonymous:
		return nil
	}
	return x.api.Accounts.DeleteAnonymous(x.r.Context(), former.User, x.from(false))
}
