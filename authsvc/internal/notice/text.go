package notice

import (
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Text writes the text message with a one-time code to a phone number.
func (w *Writer) Text(user identityapi.User, number, plain string) (mail.Message, error) {
	user.Email = number
	return w.write(user, "text", content{Code: plain})
}
