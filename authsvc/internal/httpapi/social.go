package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/social"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// CallbackPath is where a provider sends people back to, before its name.
const CallbackPath = basePath + "/callback/"

func (a *API) socialEndpoints() []endpoint {
	parameters := []field{
		{name: "code", optional: true},
		{name: "error", optional: true},
		{name: "device_id", optional: true},
		{name: "error_description", optional: true},
		{name: "state", optional: true},
		{name: "user", optional: true},
		{name: "iss", optional: true},
	}
	return append([]endpoint{
		{
			id: "sign-in-social", method: "POST", path: "/sign-in/social", summary: "Sign in through a provider, or by its id token",
			serve: signInSocial, body: signInSocialBody(), answers: httpx.SchemaOf[departureAnswer](),
		},
		{
			id: "link-social", method: "POST", path: "/link-social", summary: "Link an account at a provider to the user",
			serve: linkSocial, access: signedIn, body: linkSocialBody(), answers: httpx.SchemaOf[departureAnswer](),
		},
		{
			id: "callback", method: "GET", path: "/callback/{id}", summary: "Where providers send people back", serve: callback,
			query: &schema{fields: parameters},
		},
		{
			id: "post-callback", method: "POST", path: "/callback/{id}", summary: "Leads a posted answer of a provider to the callback", serve: postCallback,
			form: true, body: &schema{optional: true, fields: parameters}, query: &schema{fields: parameters},
		},
	}, a.providerEndpoints()...)
}

// socialFields are the members that both ways to a provider share, by name.
func socialFields(idToken ...field) map[string]field {
	reserved := social.Reserved()
	return map[string]field{
		"callbackURL":        {name: "callbackURL", optional: true},
		"newUserCallbackURL": {name: "newUserCallbackURL", optional: true},
		"errorCallbackURL":   {name: "errorCallbackURL", optional: true},
		"provider":           {name: "provider", message: "Invalid input"},
		"disableRedirect":    {name: "disableRedirect", kind: boolean, optional: true},
		"idToken": {name: "idToken", kind: object, optional: true, members: append([]field{
			{name: "token"}, {name: "nonce", optional: true}, {name: "accessToken", optional: true}, {name: "refreshToken", optional: true},
		}, idToken...)},
		"scopes":        {name: "scopes", kind: list, optional: true},
		"requestSignUp": {name: "requestSignUp", kind: boolean, optional: true},
		"loginHint":     {name: "loginHint", optional: true},
		"additionalParams": {name: "additionalParams", kind: texts, optional: true, refuse: func(given map[string]any) string {
			if slices.ContainsFunc(reserved, func(name string) bool { _, has := given[name]; return has }) {
				return "additionalParams cannot include reserved OAuth parameters: " + strings.Join(reserved, ", ")
			}
			return ""
		}},
		"additionalData": {name: "additionalData", kind: record, optional: true},
	}
}

// chosen are the fields with these names, in this order.
func chosen(fields map[string]field, names string) []field {
	var all []field
	for _, name := range strings.Fields(names) {
		all = append(all, fields[name])
	}
	return all
}

func signInSocialBody() *schema {
	fields := socialFields(
		field{name: "expiresAt", kind: number, optional: true},
		field{name: "user", kind: object, optional: true, members: []field{
			{name: "name", kind: object, optional: true, members: []field{{name: "firstName", optional: true}, {name: "lastName", optional: true}}},
			{name: "email", optional: true},
		}})
	return &schema{fields: chosen(fields, "callbackURL newUserCallbackURL errorCallbackURL provider disableRedirect idToken scopes "+
		"requestSignUp loginHint additionalParams additionalData")}
}

func linkSocialBody() *schema {
	return &schema{fields: chosen(socialFields(), "callbackURL provider idToken requestSignUp scopes errorCallbackURL disableRedirect "+
		"loginHint additionalParams additionalData")}
}

// departureAnswer says where the browser has to go.
type departureAnswer struct {
	URL      string `json:"url"`
	Redirect bool   `json:"redirect"`
}

type tokenSignInAnswer struct {
	Redirect bool       `json:"redirect"`
	Token    string     `json:"token"`
	User     userAnswer `json:"user"`
}

func signInSocial(x *exchange) error {
	posted, ok := x.postedToken()
	if !ok {
		return x.depart(nil)
	}
	signed, err := x.api.Social.SignIn(x.r.Context(), x.body.text("provider"), posted, x.from(true))
	if err != nil {
		return refusedToken(err)
	}
	return x.enter(signed, "", func() error {
		return x.json(tokenSignInAnswer{Token: signed.Token, User: answerUser(signed.User)})
	})
}

// depart sends the browser to a provider, and gives it the state that it has to come back
// with.
func (x *exchange) depart(link *social.Link) error {
	callbackURL := x.body.text("callbackURL")
	if callbackURL == "" {
		callbackURL = x.api.Base
	}
	departure, err := x.api.Social.Begin(x.r.Context(), social.Begin{
		Provider: x.body.text("provider"), Callback: callbackURL, ErrorURL: x.body.text("errorCallbackURL"),
		NewUserURL: x.body.text("newUserCallbackURL"), Scopes: x.body.list("scopes"), LoginHint: x.body.text("loginHint"),
		Extra: x.body.texts("additionalParams"), Link: link,
	})
	if err != nil {
		return err
	}
	x.cookies.Add(x.jar.State(departure.State))
	answer := departureAnswer{URL: departure.URL, Redirect: !x.body.flag("disableRedirect", false)}
	if answer.Redirect {
		x.w.Header().Set("Location", departure.URL)
	}
	return x.json(answer)
}

func (x *exchange) postedToken() (social.IDToken, bool) {
	posted, ok := x.body.object("idToken")
	return social.IDToken{
		Token: posted.text("token"), Nonce: posted.text("nonce"),
		Access: secret.Text(posted.text("accessToken")), Refresh: secret.Text(posted.text("refreshToken")),
	}, ok
}

var (
	errUserInfo  = fault.New(fault.Unauthenticated, "FAILED_TO_GET_USER_INFO", "Failed to get user info")
	errNoEmail   = fault.New(fault.Unauthenticated, "USER_EMAIL_NOT_FOUND", "User email not found")
	errLink      = fault.New(fault.Unauthenticated, "OAUTH_LINK_ERROR", "")
	errLinked    = fault.New(fault.Conflict, "SOCIAL_ACCOUNT_ALREADY_LINKED", "Social account already linked")
	errNoLinking = fault.New(fault.Unauthenticated, "LINKING_NOT_ALLOWED", "Account not linked - linking not allowed")
	errOther     = fault.New(fault.Unauthenticated, "LINKING_DIFFERENT_EMAILS_NOT_ALLOWED", "Account not linked - different emails not allowed")
	errLinking   = fault.New(fault.Denied, "LINKING_FAILED", "Account not linked - unable to create account")
)

// refusedToken answers a posted id token that signs nobody in.
func refusedToken(err error) error {
	switch {
	case errors.Is(err, social.ErrIdentity):
		return errUserInfo
	case errors.Is(err, social.ErrEmail):
		return errNoEmail
	case social.Refused(err):
		return errLink.WithMessage(fault.From(err).Message)
	}
	return err
}

func linkSocial(x *exchange) error {
	posted, ok := x.postedToken()
	if !ok {
		return x.depart(&social.Link{UserID: x.current.User.ID, Session: x.current.Session.TokenHash})
	}
	err := x.api.Social.LinkToken(x.r.Context(), x.current.User, x.body.text("provider"), posted, x.from(false))
	switch {
	case errors.Is(err, social.ErrIdentity):
		return errUserInfo
	case errors.Is(err, social.ErrEmail):
		return errNoEmail
	case errors.Is(err, social.ErrOtherUser):
		return errLinked
	case errors.Is(err, social.ErrOtherEmail):
		return errOther
	case errors.Is(err, social.ErrNotVouched):
		return errNoLinking
	case errors.Is(err, social.ErrUnlinkable):
		return withStatus(http.StatusExpectationFailed, errLinking)
	case err != nil:
		return err
	}
	return x.json(linkedByToken{Status: true})
}

type linkedByToken struct {
	URL      string `json:"url"`
	Status   bool   `json:"status"`
	Redirect bool   `json:"redirect"`
}

// callback ends a flow. Whatever comes of it, the browser is led on; only an outage here
// is answered in its place.
func callback(x *exchange) error {
	out, err := x.api.Social.Return(x.r.Context(), social.Return{
		Provider: x.r.PathValue("id"), State: x.query.text("state"), Cookie: x.jar.StateOf(x.r.Header.Get("Cookie")),
		Code: x.query.text("code"), Error: told(x.query.text("error")), Description: told(x.query.text("error_description")),
		Issuer: x.query.text("iss"), Origin: x.from(true),
	})
	switch {
	case err != nil:
		return err
	case out.Refusal != nil:
		return x.refuseCallback(out.Refusal)
	}
	x.cookies.Add(x.jar.ExpireState())
	lead := func() error { return x.redirect(out.URL) }
	if out.Linked {
		return lead()
	}
	return x.enterByLink(out.Signed, x.r.PathValue("id"), out.URL, lead)
}

// refuseCallback leads to where a flow wants to hear of its errors. An outage of the
// provider is returned beside the answer, for the log.
func (x *exchange) refuseCallback(refusal *social.Refusal) error {
	to := refusal.URL
	if to == "" {
		to = x.api.Base + basePath + "/error"
	}
	parameters := url.Values{"error": {refusal.Code}}
	if refusal.Description != "" {
		parameters.Set("error_description", refusal.Description)
	}
	if refusal.Code != "state_not_found" && refusal.Code != "state_mismatch" {
		x.cookies.Add(x.jar.ExpireState())
	}
	x.w.Header().Set(httpx.FaultHeader, refusal.Code)
	return errors.Join(x.redirect(withParameters(to, parameters)), refusal.Outage)
}

// told is what a provider says, as it can be repeated.
func told(text string) string {
	text = cleanText(text)
	if len(text) > maxName {
		text = strings.ToValidUTF8(text[:maxName], "")
	}
	return text
}

// withParameters adds parameters to a URL that has been checked, and keeps what it has as it
// is written, before its fragment.
func withParameters(to string, parameters url.Values) string {
	address, fragment, cut := strings.Cut(to, "#")
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
		if strings.HasSuffix(address, "?") || strings.HasSuffix(address, "&") {
			separator = ""
		}
	}
	address += separator + parameters.Encode()
	if cut {
		address += "#" + fragment
	}
	return address
}

// postCallback makes a GET of an answer that a provider posts: only there do browsers send
// the cookie that binds it. Parameters of the address win.
func postCallback(x *exchange) error {
	var parts []string
	for _, name := range []string{"code", "error", "device_id", "error_description", "state", "user", "iss"} {
		value, given := x.query[name].(string)
		if !given {
			value, given = x.body[name].(string)
		}
		if given {
			parts = append(parts, name+"="+url.QueryEscape(value))
		}
	}
	return x.redirect(fmt.Sprintf("%s%s/callback/%s?%s", x.api.Base, basePath, url.PathEscape(x.r.PathValue("id")), strings.Join(parts, "&")))
}
