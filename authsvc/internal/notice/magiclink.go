package notice

import (
	"cmp"
	"net/url"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Places are where a link that signs in leads, as the front end chose; each may be empty.
type Places struct{ Callback, NewUser, Error string }

// MagicLink writes the mail that signs its reader in.
func (w *Writer) MagicLink(user identityapi.User, secret string, to Places) (mail.Message, error) {
	link := w.base + "/magic-link/verify?token=" + secret + "&callbackURL=" + url.QueryEscape(cmp.Or(to.Callback, "/"))
	if to.NewUser != "" {
		link += "&newUserCallbackURL=" + url.QueryEscape(to.NewUser)
	}
	if to.Error != "" {
		link += "&errorCallbackURL=" + url.QueryEscape(to.Error)
	}
	return w.write(user, "magic-link", content{Link: link})
}
