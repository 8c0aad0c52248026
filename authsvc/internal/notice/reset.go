package notice

import (
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Reset writes the mail that lets its reader choose a new password.
func (w *Writer) Reset(user identityapi.User, secret, redirectTo string) (mail.Message, error) {
	return w.write(user, "reset", content{
		Link: w.base + "/reset-password/" + secret + "?callbackURL=" + escape(redirectTo),
	})
}
