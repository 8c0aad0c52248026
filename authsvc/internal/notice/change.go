package notice

import (
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Change writes the mail that asks the user's own address to approve another one.
func (w *Writer) Change(user identityapi.User, to, proof, callbackURL string) (mail.Message, error) {
	return w.write(user, "change-email", content{Link: w.verifyLink(proof, callbackURL), Address: to})
}

// Deletion writes the mail whose link deletes the account of its reader.
func (w *Writer) Deletion(user identityapi.User, secret, callbackURL string) (mail.Message, error) {
	if callbackURL == "" {
		callbackURL = "/"
	}
	return w.write(user, "delete-account", content{
		Link: w.base + "/delete-user/callback?token=" + secret + "&callbackURL=" + escape(callbackURL),
	})
}
