package notice

import (
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Code writes the mail with a one-time code.
func (w *Writer) Code(user identityapi.User, plain string) (mail.Message, error) {
	return w.write(user, "code", content{Code: plain})
}
