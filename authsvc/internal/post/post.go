package post

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

const (
	maxAttempts = 15 // with river's pauses: about a day and a half
	sendTimeout = 30 * time.Second
	workers     = 4
)

// args is the job: a sealed mail.
type args struct {
	ID     string `json:"id"`
	Sealed []byte `json:"sealed"`
}

// Kind names the job to river.
func (args) Kind() string { return "mail" }

// Post takes mails in and sends them. It is safe for concurrent use.
type Post struct {
	client *river.Client[pgx.Tx]
	box    *secret.Box
}

// New returns a Post that sends through sender.
func New(db *pgxpool.Pool, root secret.Root, sender mail.Sender, log *slog.Logger) (*Post, error) {
	box, err := root.Box("mail")
	if err != nil {
		return nil, err
	}
	registered := river.NewWorkers()
	if err := river.AddWorkerSafely(registered, &worker{sender: sender, box: box}); err != nil {
		return nil, fmt.Errorf("register mail worker: %w", err)
	}
	client, err := river.NewClient(riverpgxv5.New(db), &river.Config{
		Schema: authapi.Service, Workers: registered, Logger: log, MaxAttempts: maxAttempts, JobTimeout: sendTimeout,
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		CompletedJobRetentionPeriod: time.Hour,
		ReindexerIndexNames:         []string{}, // reindexing takes the owner's rights, which this role does not have
	})
	if err != nil {
		return nil, fmt.Errorf("open mail queue: %w", err)
	}
	return &Post{client, box}, nil
}

// Add stores a mail to be sent once tx commits.
func (p *Post) Add(ctx context.Context, tx pgx.Tx, m mail.Message) error {
	plain, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode mail: %w", err)
	}
	if _, err := p.client.InsertTx(ctx, tx, args{m.ID, p.box.Seal(plain, m.ID)}, nil); err != nil {
		return fmt.Errorf("store mail: %w", err)
	}
	return nil
}

// At a stop, mails that are being sent have finishBudget to end by themselves: one whose
// answer is not waited for may have been taken, and is sent again by the next process.
// Beyond that they are broken off.
const (
	finishBudget = 4 * time.Second
	cancelBudget = time.Second
)

// Run works mails off until ctx ends.
func (p *Post) Run(ctx context.Context) error {
	running := context.WithoutCancel(ctx)
	if err := p.client.Start(running); err != nil {
		return fmt.Errorf("start mail queue: %w", err)
	}
	<-ctx.Done()
	finishing, cancel := context.WithTimeout(running, finishBudget)
	defer cancel()
	if err := p.client.Stop(finishing); err == nil {
		return nil
	}
	canceling, cancel := context.WithTimeout(running, cancelBudget)
	defer cancel()
	return p.client.StopAndCancel(canceling)
}

// worker sends one mail.
type worker struct {
	river.WorkerDefaults[args]
	sender mail.Sender
	box    *secret.Box
}

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, job *river.Job[args]) error {
	plain, err := w.box.Open(job.Args.Sealed, job.Args.ID)
	if err != nil {
		return river.JobCancel(err)
	}
	var m mail.Message
	if err := json.Unmarshal(plain, &m); err != nil {
		return river.JobCancel(fmt.Errorf("decode mail: %w", err))
	}
	err = w.sender.Send(ctx, m)
	if fault.KindOf(err) == fault.Invalid {
		return river.JobCancel(err)
	}
	return err
}

// Migrate brings the queue's tables to the version that this program needs. It runs as
// the schema's owner.
func Migrate(ctx context.Context, conn *pgx.Conn) error {
	migrator, err := rivermigrate.New(riverpgxv5.New(nil), &rivermigrate.Config{Schema: authapi.Service, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("mail queue: %w", err)
	}
	if current(ctx, conn, migrator) {
		return nil
	}
	for {
		done, err := migrateStep(ctx, conn, migrator)
		if err != nil {
			return fmt.Errorf("migrate mail queue: %w", err)
		}
		if done {
			return nil
		}
	}
}

// current reports whether the tables are at the newest version, which one statement tells
// where the migrator takes a dozen. Any doubt means no.
func current(ctx context.Context, conn *pgx.Conn, migrator *rivermigrate.Migrator[pgx.Tx]) bool {
	const query = `
		select coalesce(max(version), 0)
		from river_migration
		where line = 'main'`
	var version int
	err := conn.QueryRow(ctx, query).Scan(&version)
	all := migrator.AllVersions()
	return err == nil && len(all) > 0 && version == all[len(all)-1].Version
}

// migrateStep applies the next version in a transaction of its own: one of them uses an
// enum value that an earlier one adds, which PostgreSQL allows only after a commit.
func migrateStep(ctx context.Context, conn *pgx.Conn, migrator *rivermigrate.Migrator[pgx.Tx]) (done bool, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		//nolint:staticcheck // deprecated for several versions in one transaction; this is one
		result, err := migrator.MigrateTx(ctx, tx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{MaxSteps: 1})
		done = err == nil && len(result.Versions) == 0
		return err
	})
	return done, err
}
