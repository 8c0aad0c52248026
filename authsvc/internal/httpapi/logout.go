package httpapi

import (
	"errors"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/social"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
)

// leaveAnswer tells a client where its user signs out at the provider too.
type leaveAnswer struct {
	Success  bool   `json:"success"`
	URL      string `json:"url"`
	Redirect bool   `json:"redirect"`
}

// logoutURL is where whoever signs out signs out at a provider too, "" for nowhere.
func (x *exchange) logoutURL() (string, error) {
	presented, _, ok := x.api.presented(x.r)
	if !ok {
		return "", nil
	}
	current, err := x.api.Accounts.Current(x.r.Context(), session.Hash(token.Hash(presented)))
	if errors.Is(err, account.ErrUnauthorized) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	callback := x.body.text("callbackURL")
	return x.api.Social.LogoutURL(x.r.Context(), current.User.ID, social.Logout{Callback: x.api.absolute(callback), State: x.body.text("state")})
}

// leave leads a client that has signed out to the provider.
func (x *exchange) leave(to string) error {
	answer := leaveAnswer{Success: true, URL: to, Redirect: !x.body.flag("disableRedirect", false)}
	if answer.Redirect {
		x.w.Header().Set("Location", to)
	}
	return x.json(answer)
}
