package notice

import (
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Verification writes the mail that confirms an address.
func (w *Writer) Verification(user identityapi.User, proof, callbackURL string) (mail.Message, error) {
	return w.write(user, "verification", content{Link: w.verifyLink(proof, callbackURL)})
}

// verifyLink leads a proof to where it counts.
func (w *Writer) verifyLink(proof, callbackURL string) string {
	if callbackURL == "" {
		callbackURL = "/"
	}
	return w.base + "/verify-email?token=" + proof + "&callbackURL=" + escape(callbackURL)
}
