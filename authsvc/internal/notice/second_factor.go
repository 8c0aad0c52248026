package notice

import (
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// SecondFactor writes the mail with the code that finishes a sign-in.
func (w *Writer) SecondFactor(user identityapi.User, code string) (mail.Message, error) {
	return w.write(user, "second-factor", content{Code: code})
}
