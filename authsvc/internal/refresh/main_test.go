package refresh_test

import (
	"context"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/refresh"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const client = "app"

// happened returns an event of the name, about the family's user.
func happened(name string) func(refresh.Family) events.Event {
	return func(f refresh.Family) events.Event {
		return events.Event{Type: "test." + name + ".v1", Key: f.UserID, Outcome: events.Success}
	}
}

var rotation = refresh.Events{
	Rotated: happened("rotated"),
	Reused: func(ctx context.Context, f refresh.Family) func(account.Tx) error {
		return func(tx account.Tx) error { return tx.AddEvent(ctx, happened("reused")(f)) }
	},
}

func anything(refresh.Family) error { return nil }

// rotate exchanges a token without a further check.
func rotate(t *testing.T, s *refresh.Service, token string) (string, error) {
	t.Helper()
	next, _, err := s.Rotate(t.Context(), token, client, rotation, anything)
	return next, err
}

// issued returns a World with a session, and the first token of a family on it.
func issued(t *testing.T) (*authtest.World, refresh.Family, string) {
	t.Helper()
	w := authtest.New(t, authtest.Options{})
	token, f := issue(t, w)
	return w, f, token
}

func issue(t *testing.T, w *authtest.World) (string, refresh.Family) {
	t.Helper()
	signed := w.SignUp(t, "ada@example.com")
	token, f, err := w.Families.Issue(t.Context(), refresh.Grant{
		SessionID: signed.Session.ID, UserID: signed.User.ID, ClientID: client, Scope: []string{"a"}, AMR: []string{"pwd"}, AuthTime: w.Clock.Now(),
	}, happened("issued")(refresh.Family{UserID: signed.User.ID}))
	if err != nil {
		t.Fatal(err)
	}
	return token, f
}

// count returns how many events of the name there are about the family's user.
func count(t *testing.T, w *authtest.World, f refresh.Family, name string) int {
	t.Helper()
	n := 0
	for _, eventType := range w.Types(t, f.UserID) {
		if eventType == "test."+name+".v1" {
			n++
		}
	}
	return n
}
