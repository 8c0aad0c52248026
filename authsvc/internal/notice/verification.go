package notice

import (
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Verification writes the mail that confirms an address.
func (w *Writer) Verification(user identityapi.User, proof, callbackURL string) (mail.Message, error) {
	if callbackURL == "" {
		callbackURL = "/"
	}
	return w.write(user, "verification", content{
		Link: w.base + "/verify-email?token=" + proof + "&callbackURL=" + escape(callbackURL),
	})
}
