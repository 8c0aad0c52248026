package social

import (
	"encoding/json"

	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// claims are what a provider says of somebody (OpenID Connect Core, section 5.1).
type claims struct {
	Subject         string `json:"sub"`
	AuthorizedParty string `json:"azp"`
	Email           string `json:"email"`
	EmailVerified   vouch  `json:"email_verified"`
	Name            string `json:"name"`
	Picture         string `json:"picture"`

	raw json.RawMessage
}

// vouch is a boolean that some providers write as text. Whatever is not exactly true is
// not vouched for.
type vouch bool

var _ json.Unmarshaler = (*vouch)(nil)

// UnmarshalJSON implements json.Unmarshaler.
func (v *vouch) UnmarshalJSON(raw []byte) error {
	*v = string(raw) == "true" || string(raw) == `"true"`
	return nil
}

// maxAccountID is the longest subject of OpenID Connect Core, section 2.
const maxAccountID = 255

// checked is identity for who is to sign in; ErrIdentity without a subject to know them by.
func (c claims) checked() (Identity, error) {
	if c.Subject == "" || len(c.Subject) > maxAccountID {
		return Identity{}, ErrIdentity
	}
	return c.identity(), nil
}

func (c claims) identity() Identity {
	return Identity{
		AccountID: c.Subject, Email: normalised(c.Email), EmailVerified: bool(c.EmailVerified),
		Name: c.Name, Image: c.Picture, Profile: c.raw,
	}
}

// normalised returns an address as accounts have it, "" for what is none. Look-alikes are
// none (Auth.js GHSA-7rqj-j65f-68wh).
func normalised(email string) string {
	address, err := mail.ParseAddress(email)
	if err != nil {
		return ""
	}
	return address.String()
}
