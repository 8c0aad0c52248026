package postgres_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/device"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/postgres"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/refresh"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/signingkey"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/social"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	somebody = "01920000-0000-7000-8000-000000000001"
	anything = "01920000-0000-7000-8000-000000000002"
)

func opened(id string, mark byte, now time.Time) session.Session {
	s := session.Open(id, session.Hash{mark}, somebody, true, now)
	s.AMR = []string{"pwd"}
	return s
}

func TestStatements_Prepare(t *testing.T) {
	t.Parallel()
	pgtest.PrepareAll(t, pgtest.Schema(t, authtest.Spec()), pgtest.Statements(t, "."))
}

// TestStores_Outage covers past-vulnerabilities rows 15 and 54 (Fosite CVE-2020-15223,
// Zitadel CVE-2024-32967): an outage is a fault that may pass, never a "not found", and what
// callers read of it names no host, role or database.
func TestStores_Outage(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	families, keys := postgres.NewRefresh(w.Pool, nil), postgres.NewSigningKey(w.Pool)
	w.Pool.Close()
	now, ev := w.Clock.Now(), events.Event{Type: "test.happened.v1", Outcome: events.Success}
	for name, use := range map[string]func() error{
		"Account.InTx":         func() error { return w.Store.InTx(t.Context(), func(account.Tx) error { return nil }) },
		"Account.FindPassword": func() error { _, err := w.Store.FindPassword(t.Context(), somebody); return err },
		"Account.FindSession":  func() error { _, _, err := w.Store.FindSession(t.Context(), session.Hash{}); return err },
		"Account.ListSessions": func() error { _, err := w.Store.ListSessions(t.Context(), somebody, now); return err },
		"Account.FindReset":    func() error { _, err := w.Store.FindReset(t.Context(), [32]byte{}, now); return err },
		"Linked.InTx":          func() error { return w.Links.InTx(t.Context(), func(linked.Tx) error { return nil }) },
		"Linked.List":          func() error { _, err := w.Links.List(t.Context(), somebody); return err },
		"Social.InTx":          func() error { return w.Flows.InTx(t.Context(), func(social.Tx) error { return nil }) },
		"Social.FindFlow":      func() error { _, _, err := w.Flows.FindFlow(t.Context(), [32]byte{}, now); return err },
		"Social.FindLinked":    func() error { _, _, err := w.Flows.FindLinked(t.Context(), "acme", "1"); return err },
		"Linked.Find":          func() error { _, err := w.Links.Find(t.Context(), somebody, anything); return err },
		"Account.ListEnrolled": func() error { _, err := w.Store.ListEnrolled(t.Context(), somebody); return err },
		"Account.KnowsDevice":  func() error { _, err := w.Store.KnowsDevice(t.Context(), somebody, device.Mark{}); return err },
		"Account.FindStored": func() error {
			_, err := w.Store.FindStored(t.Context(), account.StoredQuery{UserID: somebody})
			return err
		},
		"Account.ListRemovals":  func() error { _, err := w.Store.ListRemovals(t.Context(), now); return err },
		"Account.FindAlarm":     func() error { _, err := w.Store.FindAlarm(t.Context(), [32]byte{}, now); return err },
		"Account.ChangePending": func() error { _, err := w.Store.ChangePending(t.Context(), [32]byte{}, now); return err },
		"Account.Sweep":         func() error { return w.Store.Sweep(t.Context(), now) },
		"Refresh.Find":          func() error { _, err := families.Find(t.Context(), uuid.New(), now); return err },
		"Refresh.Create":        func() error { return families.Create(t.Context(), refresh.Family{}, ev) },
		"Refresh.Rotate":        func() error { _, err := families.Rotate(t.Context(), refresh.Family{}, now, now, ev); return err },
		"Refresh.End":           func() error { return families.End(t.Context(), uuid.New(), nil) },
		"SigningKey.List":       func() error { _, err := keys.List(t.Context(), now); return err },
		"SigningKey.Add": func() error {
			return keys.Add(t.Context(), now, func([]signingkey.Sealed) *signingkey.Sealed { return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := use()
			if fault.KindOf(err) != fault.Unavailable || fault.From(err).RetryAfter == 0 {
				t.Fatalf("got %v; want an outage that may pass", err)
			}
			if message := fault.From(err).Message; strings.Contains(message, "authsvc") || strings.Contains(message, "/") {
				t.Errorf("message %q", message)
			}
		})
	}
}

// TestAccount_InTx: what one transaction writes is stored together or not at all, mails and
// events included.
func TestAccount_InTx(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	now := w.Clock.Now()
	write := func(result error) error {
		return w.Store.InTx(t.Context(), func(tx account.Tx) error {
			_, proofErr := tx.UseProof(t.Context(), [32]byte{1}, now)
			return errors.Join(
				tx.SetPassword(t.Context(), somebody, "hash"),
				tx.CreateSession(t.Context(), opened(anything, 1, now)),
				tx.CreateReset(t.Context(), [32]byte{1}, account.Reset{UserID: somebody, Address: []byte{1}}, now),
				tx.AddMail(t.Context(), mail.Message{ID: "1", To: "ada@example.com"}),
				tx.AddEvent(t.Context(), events.Event{Type: "test.happened.v1", Outcome: events.Success}),
				proofErr, result,
			)
		})
	}
	tables := []string{"credential", "session", "password_reset", "used_proof", "river_job", "outbox"}
	stopped := errors.New("stopped")
	if err := write(stopped); !errors.Is(err, stopped) {
		t.Fatal(err)
	}
	for _, table := range tables {
		if n := w.Count(t, table); n != 0 {
			t.Errorf("after a rollback %s has %d rows", table, n)
		}
	}
	if err := write(nil); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if n := w.Count(t, table); n != 1 {
			t.Errorf("after a commit %s has %d rows", table, n)
		}
	}
}

func TestAccount_Sweep(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	families := postgres.NewRefresh(w.Pool, nil)
	now := w.Clock.Now()
	for i, expires := range []time.Time{now.Add(-time.Second), now} {
		mark := byte(i)
		s := opened([]string{somebody, anything}[i], mark, now)
		s.ExpiresAt = expires
		err := w.Store.InTx(t.Context(), func(tx account.Tx) error {
			_, proofErr := tx.UseProof(t.Context(), [32]byte{mark}, expires)
			return errors.Join(proofErr, tx.CreateSession(t.Context(), s), tx.CreateReset(t.Context(), [32]byte{mark}, account.Reset{UserID: somebody, Address: []byte{}}, expires))
		})
		if err != nil {
			t.Fatal(err)
		}
		// Of the session that stays, so that it is not the cascade that removes one: the next
		// family does.
		family := refresh.Family{SessionID: s.ID, UserID: somebody, Scope: []string{}, AMR: []string{}, Salt: make([]byte, 32), RotatedAt: now}
		if i == 0 {
			continue
		}
		for _, expires := range []time.Time{now.Add(-time.Second), now} {
			family.ID, family.ExpiresAt = uuid.New(), expires
			if err := families.Create(t.Context(), family, events.Event{Type: "test.happened.v1", Outcome: events.Success}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Store.Sweep(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"session", "password_reset", "used_proof", "refresh_family"} {
		if n := w.Count(t, table); n != 1 {
			t.Errorf("%s has %d rows, want the one that has not expired", table, n)
		}
	}
}
