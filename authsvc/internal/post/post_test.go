package post_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/post"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// provider is a stand-in for a mail provider: it answers as told, and takes a mail once.
type provider struct {
	mu      sync.Mutex
	answers []error // of the next attempts; then success
	tried   []string
	taken   []mail.Message
	heard   chan struct{} // receives a value for each attempt
}

func newProvider(answers ...error) *provider {
	return &provider{answers: answers, heard: make(chan struct{}, 100)}
}

// Send implements mail.Sender.
func (p *provider) Send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.heard <- struct{}{} }()
	p.tried = append(p.tried, m.ID)
	if len(p.answers) > 0 {
		err := p.answers[0]
		p.answers = p.answers[1:]
		if err != nil {
			return err
		}
	}
	p.taken = append(p.taken, m)
	return nil
}

func (p *provider) attempts() ([]string, []mail.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.tried...), append([]mail.Message{}, p.taken...)
}

func newPost(t *testing.T, db *pgxpool.Pool, sender mail.Sender) *post.Post {
	t.Helper()
	p, err := post.New(db, authtest.Root(), sender, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func letter(id string) mail.Message {
	return mail.Message{ID: id, To: "ada@example.com", Subject: "Hello", Text: "https://auth.example.com/secret-link", Links: []string{"https://auth.example.com/secret-link"}}
}

func add(t *testing.T, db *pgxpool.Pool, p *post.Post, m mail.Message, result error) {
	t.Helper()
	err := pg.InTx(t.Context(), db, func(tx pgx.Tx) error { return errors.Join(p.Add(t.Context(), tx, m), result) })
	if !errors.Is(err, result) || (err == nil) != (result == nil) {
		t.Fatal(err)
	}
}

// run works mails off until the returned function is called, which returns Run's error.
func run(t *testing.T, p *post.Post) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	var once sync.Once
	var result error
	stop = func() error {
		once.Do(func() {
			cancel()
			result = <-ended
		})
		return result
	}
	t.Cleanup(func() { _ = stop() })
	return stop
}

func (p *provider) hears(t *testing.T, db *pgxpool.Pool, attempts int) {
	t.Helper()
	hears(t, db, p.heard, attempts)
}

// hears waits for a number of attempts. It makes those that wait for their next one due:
// the queue's own pauses are longer than a test.
func hears(t *testing.T, db *pgxpool.Pool, heard <-chan struct{}, attempts int) {
	t.Helper()
	hurry := time.NewTicker(20 * time.Millisecond)
	defer hurry.Stop()
	for attempts > 0 {
		select {
		case <-heard:
			attempts--
		case <-hurry.C:
			if _, err := db.Exec(t.Context(), `update river_job set state = 'available', scheduled_at = now() where state in ('retryable', 'scheduled')`); err != nil {
				t.Fatal(err)
			}
		case <-t.Context().Done():
			t.Fatal("the test ended first")
		}
	}
}

// TestPost_RetriesWithOneID: a provider that fails first is asked again with the same id, its
// idempotency key, and gets the mail once.
func TestPost_RetriesWithOneID(t *testing.T) {
	t.Parallel()
	db := pgtest.Schema(t, authtest.Spec())
	sender := newProvider(mail.ErrUnavailable, errors.New("connection reset"))
	p := newPost(t, db, sender)
	add(t, db, p, letter("one"), nil)
	stop := run(t, p)
	sender.hears(t, db, 3)
	if err := stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
	tried, taken := sender.attempts()
	if diff := cmp.Diff([]string{"one", "one", "one"}, tried); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]mail.Message{letter("one")}, taken); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}

// TestPost_LosesNothing: what was committed while nobody sent, or the provider was down, is
// sent by a later process; what was rolled back never is.
func TestPost_LosesNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.Schema(t, authtest.Spec())
	down := newProvider(mail.ErrUnavailable)
	first := newPost(t, db, down)
	add(t, db, first, letter("kept"), nil)
	add(t, db, first, letter("rolled-back"), errors.New("stopped"))
	stop := run(t, first)
	down.hears(t, db, 1)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	up := newProvider()
	stop = run(t, newPost(t, db, up))
	up.hears(t, db, 1)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if tried, _ := up.attempts(); len(tried) != 1 || tried[0] != "kept" {
		t.Errorf("the later process sent %q, want the mail that was kept", tried)
	}
}

// TestPost_GivesUpOnRefusals: a mail that will never be taken is not tried again.
func TestPost_GivesUpOnRefusals(t *testing.T) {
	t.Parallel()
	db := pgtest.Schema(t, authtest.Spec())
	sender := newProvider(mail.ErrRefused)
	p := newPost(t, db, sender)
	add(t, db, p, letter("refused"), nil)
	stop := run(t, p)
	sender.hears(t, db, 1)
	add(t, db, p, letter("next"), nil)
	sender.hears(t, db, 1)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	tried, _ := sender.attempts()
	if diff := cmp.Diff([]string{"refused", "next"}, tried); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	var state string
	if err := db.QueryRow(t.Context(), `select state::text from river_job where args->>'id' = 'refused'`).Scan(&state); err != nil || state != "cancelled" {
		t.Errorf("the refused mail is %s, %v; want cancelled", state, err)
	}
}

// TestPost_SealsMails: the row of a mail shows neither its link nor whom it is for.
func TestPost_SealsMails(t *testing.T) {
	t.Parallel()
	db := pgtest.Schema(t, authtest.Spec())
	add(t, db, newPost(t, db, newProvider()), letter("sealed"), nil)
	var row string
	var sealed []byte
	const query = `select to_json(j)::text, decode(args->>'sealed', 'base64') from river_job j`
	if err := db.QueryRow(t.Context(), query).Scan(&row, &sealed); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"secret-link", "ada@example.com", "Hello"} {
		if strings.Contains(row+string(sealed), secret) {
			t.Errorf("the row shows %q", secret)
		}
	}
}

// TestPost_OfAnotherRootSecret: a mail that does not open is given up, not sent as garbage.
func TestPost_OfAnotherRootSecret(t *testing.T) {
	t.Parallel()
	db := pgtest.Schema(t, authtest.Spec())
	sender := newProvider()
	p := newPost(t, db, sender)
	add(t, db, p, letter("changed"), nil)
	if _, err := db.Exec(t.Context(), `update river_job set args = jsonb_set(args, '{id}', '"other"')`); err != nil {
		t.Fatal(err)
	}
	add(t, db, p, letter("whole"), nil)
	stop := run(t, p)
	sender.hears(t, db, 1)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if tried, _ := sender.attempts(); len(tried) != 1 || tried[0] != "whole" {
		t.Errorf("sent were %q, want the mail that opens", tried)
	}
}

// TestPost_RunEndsWithItsWork leaves no goroutine behind.
func TestPost_RunEndsWithItsWork(t *testing.T) { //nolint:paralleltest // counts the goroutines of the process
	db := pgtest.Schema(t, authtest.Spec())
	sender := newProvider()
	p := newPost(t, db, sender)
	before := goleak.IgnoreCurrent()
	add(t, db, p, letter("one"), nil)
	stop := run(t, p)
	sender.hears(t, db, 1)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck"))
}

func TestMigrate_MayRunAgain(t *testing.T) {
	t.Parallel()
	if err := pg.Migrate(t.Context(), migrateAgain(t)); err != nil {
		t.Fatal(err)
	}
}

// migrateAgain describes the migration of a schema that has just been migrated.
func migrateAgain(t *testing.T) pg.MigrateConfig {
	t.Helper()
	spec := authtest.Spec()
	config := pg.MigrateConfig{URL: pgtest.Admin(t), Schema: spec.Name, Files: spec.Files, After: spec.After}
	if err := pg.Migrate(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	return config
}
