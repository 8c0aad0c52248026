package httpapi

import (
	"cmp"
	"errors"
	"net/url"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/magiclink"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

func (a *API) magicLinkEndpoints() []endpoint {
	places := []field{{name: "callbackURL", optional: true}, {name: "errorCallbackURL", optional: true}, {name: "newUserCallbackURL", optional: true}}
	return []endpoint{
		{
			id: "sign-in-magic-link", method: "POST", path: "/sign-in/magic-link", summary: "Mail a link that signs in, or up", serve: sendMagicLink,
			login: true, answers: httpx.SchemaOf[statusAnswer](),
			body: &schema{fields: []field{
				{name: "email", kind: email},
				{name: "name", optional: true},
				{name: "callbackURL", optional: true},
				{name: "newUserCallbackURL", optional: true},
				{name: "errorCallbackURL", optional: true},
				{name: "metadata", kind: record, optional: true},
			}},
		},
		{
			id: "magic-link-verify", method: "GET", path: "/magic-link/verify", summary: "Sign in with a mailed link", serve: followMagicLink,
			callback: "callbackURL", query: &schema{fields: append([]field{{name: "token"}}, places...)}, answers: httpx.SchemaOf[linkAnswer](),
		},
	}
}

func sendMagicLink(x *exchange) error {
	address, err := x.address("email")
	if err != nil {
		return err
	}
	if err := checkTexts(x.body); err != nil {
		return err
	}
	err = x.api.MagicLinks.Send(x.r.Context(), magiclink.Request{
		Link: magiclink.Link{Email: address, Name: x.body.text("name")}, From: x.from(false),
		Places: notice.Places{Callback: x.body.text("callbackURL"), NewUser: x.body.text("newUserCallbackURL"), Error: x.body.text("errorCallbackURL")},
	})
	if err != nil {
		return err
	}
	return x.json(statusAnswer{true})
}

// linkAnswer is the answer to a link that leads nowhere else.
type linkAnswer struct {
	Token   string        `json:"token"`
	User    userAnswer    `json:"user"`
	Session sessionAnswer `json:"session"`
}

func followMagicLink(x *exchange) error {
	callback, newUser, failed := x.query.text("callbackURL"), x.query.text("newUserCallbackURL"), x.query.text("errorCallbackURL")
	for _, place := range []string{newUser, failed} {
		if err := x.api.Origins.CheckCallback(place); err != nil {
			return err
		}
	}
	signed, created, err := x.api.MagicLinks.SignIn(x.r.Context(), x.query.text("token"), x.from(true))
	if errors.Is(err, account.ErrInvalidToken) {
		return x.redirect(withParameter(x.api.resolved(cmp.Or(failed, callback, "/")), "error", account.ErrInvalidToken.Code))
	}
	if err != nil {
		return err
	}
	place := callback
	if callback != "" {
		place = x.api.resolved(callback)
	}
	return x.enterByLink(signed, "magic-link", place, func() error {
		switch {
		case callback == "":
			return x.json(linkAnswer{signed.Token, answerUser(signed.User), answerSession(signed.Session)})
		case created && newUser != "":
			return x.redirect(x.api.resolved(newUser))
		}
		return x.redirect(place)
	})
}

// resolved is absolute in the spelling of a browser, which ends a bare origin with a slash.
func (a *API) resolved(callback string) string {
	absolute := a.absolute(callback)
	u, err := url.Parse(absolute)
	if err != nil || u.Path != "" || u.Host == "" {
		return absolute
	}
	u.Path = "/"
	return u.String()
}
