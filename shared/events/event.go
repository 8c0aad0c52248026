package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"
)

// Outcome says how what an event reports ended.
type Outcome string

// The outcomes.
const (
	Success Outcome = "success"
	Failure Outcome = "failure" // tried and failed
	Denied  Outcome = "denied"  // refused before it was tried
)

// Event is something that happened. The writer fills Type, Key, Outcome, Body and
// Personal; Add fills what is empty of ID, Actor and RequestID.
type Event struct {
	ID        string          `json:"id"`                 // UUIDv7
	Pos       int64           `json:"pos"`                // place in the source's feed, from 1; given by the Relay
	Type      string          `json:"type"`               // module.thing_happened.v1: a name, never a Go type
	Key       string          `json:"key"`                // what the event is about: events of one key keep their order; "": nothing, no order
	Actor     string          `json:"actor"`              // who did it
	RequestID string          `json:"request_id"`         // the request in which it happened
	Outcome   Outcome         `json:"outcome"`            // how it ended
	Body      json.RawMessage `json:"body"`               // the facts, without personal data
	Personal  json.RawMessage `json:"personal,omitempty"` // personal data of Key, which long-lived consumers keep apart
	At        time.Time       `json:"at"`                 // by the database's clock; UTC, microseconds
}

const (
	maxName = 200      // bytes of Type, Key, Actor and RequestID each
	maxBody = 64 << 10 // bytes of Body and Personal together
)

var typePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\.v[1-9][0-9]*$`)

// check refuses what a consumer could not rely on. It is for bugs of the writer.
func (e Event) check() error {
	if !typePattern.MatchString(e.Type) {
		return fmt.Errorf("type %q is not of the form module.thing_happened.v1", e.Type)
	}
	if _, err := uuid.Parse(e.ID); err != nil {
		return fmt.Errorf("id %q is not a UUID", e.ID)
	}
	for field, text := range map[string]string{"type": e.Type, "key": e.Key, "actor": e.Actor, "request id": e.RequestID} {
		if len(text) > maxName {
			return fmt.Errorf("%s has %d bytes, %d are allowed", field, len(text), maxName)
		}
	}
	switch e.Outcome {
	case Success, Failure, Denied:
	default:
		return fmt.Errorf("outcome %q is none of success, failure and denied", e.Outcome)
	}
	return e.checkBody()
}

func (e Event) checkBody() error {
	if !json.Valid(e.Body) || (e.Personal != nil && !json.Valid(e.Personal)) {
		return errors.New("body and personal must be JSON, made with json.Marshal")
	}
	if size := len(e.Body) + len(e.Personal); size > maxBody {
		return fmt.Errorf("body and personal have %d bytes together, %d are allowed", size, maxBody)
	}
	return nil
}
