package httpapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// providerEndpoints hand out what providers gave for the user's accounts.
func (a *API) providerEndpoints() []endpoint {
	return []endpoint{
		{
			id: "get-access-token", method: "POST", path: "/get-access-token", summary: "The provider's access token of an account, renewed if due",
			serve: accessToken, access: signedInSilently, body: selection(), answers: httpx.SchemaOf[accessTokenAnswer](),
		},
		{
			id: "refresh-token", method: "POST", path: "/refresh-token", summary: "Renew the provider's tokens of an account",
			serve: refreshToken, access: signedInSilently, body: selection(), answers: httpx.SchemaOf[refreshTokenAnswer](),
		},
		{
			id: "account-info", method: "GET", path: "/account-info", summary: "What the provider says of an account",
			serve: accountInfo, access: signedInSilently, query: selection(), answers: httpx.SchemaOf[accountInfoAnswer](),
		},
	}
}

// selection names one account: by its id, or by a cookie that this server never sets. Both
// forms are exact.
func selection() *schema {
	return &schema{
		fields: []field{{name: "accountId"}, {name: "userId", optional: true}},
		either: func(decoded any) string {
			members, _ := decoded.(map[string]any)
			_, byID := members["accountId"].(string)
			byCookie := members["useAccountCookie"] == true
			user, given := members["userId"]
			if _, isText := user.(string); given && !isText || byID == byCookie {
				return "Invalid input"
			}
			var unknown []string
			for _, name := range slices.Sorted(maps.Keys(members)) {
				if name != "userId" && (name != "accountId" || !byID) && (name != "useAccountCookie" || !byCookie) {
					unknown = append(unknown, fmt.Sprintf("%q", name))
				}
			}
			switch len(unknown) {
			case 0:
				return ""
			case 1:
				return "Unrecognized key: " + unknown[0]
			}
			return "Unrecognized keys: " + strings.Join(unknown, ", ")
		},
	}
}

type accessTokenAnswer struct {
	AccessToken string   `json:"accessToken"`
	ExpiresAt   *stamp   `json:"accessTokenExpiresAt,omitempty"`
	Scopes      []string `json:"scopes"`
	IDToken     string   `json:"idToken,omitempty"`
}

func accessToken(x *exchange) error {
	held, err := x.api.Social.AccessToken(x.r.Context(), x.current.User, x.body.text("accountId"), x.from(false))
	if err != nil {
		return err
	}
	return x.json(accessTokenAnswer{
		AccessToken: held.Tokens.Access.Reveal(), ExpiresAt: stampOf(held.Tokens.AccessExpires), Scopes: scopesOf(held), IDToken: held.Tokens.ID.Reveal(),
	})
}

func scopesOf(a linked.Account) []string { return append([]string{}, a.Scope...) }

type refreshTokenAnswer struct {
	AccessToken      string  `json:"accessToken"`
	RefreshToken     string  `json:"refreshToken"`
	AccessExpiresAt  *stamp  `json:"accessTokenExpiresAt,omitempty"`
	RefreshExpiresAt *stamp  `json:"refreshTokenExpiresAt"`
	Scope            *string `json:"scope"`
	IDToken          *string `json:"idToken"`
	ProviderID       string  `json:"providerId"`
	AccountID        string  `json:"accountId"`
}

func refreshToken(x *exchange) error {
	held, err := x.api.Social.RefreshToken(x.r.Context(), x.current.User, x.body.text("accountId"), x.from(false))
	if err != nil {
		return err
	}
	return x.json(refreshTokenAnswer{
		AccessToken: held.Tokens.Access.Reveal(), RefreshToken: held.Tokens.Refresh.Reveal(),
		AccessExpiresAt: stampOf(held.Tokens.AccessExpires), RefreshExpiresAt: stampOf(held.Tokens.RefreshExpires),
		Scope: orNull(strings.Join(held.Scope, ",")), IDToken: orNull(held.Tokens.ID.Reveal()),
		ProviderID: held.Provider, AccountID: held.ID,
	})
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

type accountInfoAnswer struct {
	User    providerUser    `json:"user"`
	Data    json.RawMessage `json:"data"`
	Account providerAccount `json:"account"`
}

type providerUser struct {
	Name          string  `json:"name"`
	Email         *string `json:"email"`
	Image         string  `json:"image,omitempty"`
	EmailVerified bool    `json:"emailVerified"`
}

type providerAccount struct {
	ID         string `json:"id"`
	ProviderID string `json:"providerId"`
	AccountID  string `json:"accountId"`
}

func accountInfo(x *exchange) error {
	found, held, err := x.api.Social.Info(x.r.Context(), x.current.User, x.query.text("accountId"), x.from(false))
	if err != nil {
		return refusedToken(err)
	}
	return x.json(accountInfoAnswer{
		User: providerUser{Name: found.Name, Email: orNull(found.Email), Image: found.Image, EmailVerified: found.EmailVerified},
		Data: found.Profile, Account: providerAccount{ID: held.ID, ProviderID: held.Provider, AccountID: held.AccountID},
	})
}
