package twofactor

import (
	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/shared/events"
)

// refusal is the event of a second factor that was not accepted.
func refusal(user account.User, from account.Origin, d account.Details) events.Event {
	ev := account.Event(authapi.EventTwoFactorFailed, user, from, d)
	ev.Outcome = events.Failure
	return ev
}
