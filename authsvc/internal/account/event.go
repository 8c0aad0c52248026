package account

import (
	"cmp"
	"encoding/json"

	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Details are the facts of an event that are not personal.
type Details struct {
	Method    string `json:"method,omitempty"`
	SessionID string `json:"session_id,omitempty"`
	Reason    string `json:"reason,omitempty"`
}

// personal are the facts of an event that its subject may have erased.
type personal struct {
	Email     string `json:"email,omitempty"`
	NewEmail  string `json:"new_email,omitempty"`
	IP        string `json:"ip,omitempty"`
	UserAgent string `json:"user_agent,omitempty"`
}

// Event describes something that the user did, or who acts as the user. A user without an id is an address
// that nobody has: the event has no subject and keeps no address either.
func Event(eventType string, user User, from Origin, d Details) events.Event {
	about := personal{Email: user.Email, IP: from.IP, UserAgent: from.UserAgent}
	if user.ID == "" {
		about.Email = ""
	}
	return events.Event{
		Type: eventType, Key: user.ID, Actor: cmp.Or(from.Actor, user.ID), Outcome: events.Success,
		Body: encoded(d), Personal: encoded(about),
	}
}

// emailEvent describes a step of the user from one address to another.
func emailEvent(eventType string, user User, to string, from Origin) events.Event {
	ev := Event(eventType, user, from, Details{})
	ev.Personal = encoded(personal{Email: user.Email, NewEmail: to, IP: from.IP, UserAgent: from.UserAgent})
	return ev
}

// encoded cannot fail: the structs above hold nothing but strings.
func encoded(v any) json.RawMessage {
	raw, _ := json.Marshal(v)
	return raw
}

func reasonCode(err error) string { return fault.From(err).Code }
