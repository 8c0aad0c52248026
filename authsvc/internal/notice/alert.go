package notice

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Alert names what a security mail tells of. It is the name of the mail's templates too.
type Alert string

// What users are told of.
const (
	PasswordChanged Alert = "password-changed"
	EmailChanged    Alert = "email-changed" // goes to the old address and to the new one
	NewDevice       Alert = "new-device"
	SecondFactorOff Alert = "second-factor-off"
	TokenReused     Alert = "token-reused"
)

// Incident is what happened, when, and what is known of who did it.
type Incident struct {
	Alert
	Address string // the new address, where it was changed
	At      time.Time
	IP      string // may be empty
	Device  string // may be empty
}

// Alert writes a security mail. Its link lets the reader end all sessions.
func (w *Writer) Alert(user identityapi.User, in Incident, secret string) (mail.Message, error) {
	return w.write(user, string(in.Alert), content{
		Link: w.base + "/not-me/" + secret, Address: in.Address, At: in.At.UTC(), IP: in.IP, Device: in.Device,
	})
}
