package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

const (
	first  = user.ID("0198c0de-0000-7000-8000-000000000001")
	second = user.ID("0198c0de-0000-7000-8000-000000000002")
	ada    = "ada@example.com"
)

func reservation(id user.ID) user.Reservation {
	return user.Reservation{ID: id, Email: ada, CreatedAt: time.Now()}
}

func activation(id user.ID) user.Activation { return user.Activation{ID: id, At: time.Now()} }

// inTx runs do in a transaction that commits.
func inTx(ctx context.Context, pool *pgxpool.Pool, do func(c change) error) error {
	return pg.InTx(ctx, pool, func(tx pgx.Tx) error { return do(change{tx}) })
}

// waitForLock returns when somebody waits for a lock in the pool's database.
func waitForLock(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	const query = `
		select exists (
		  select from pg_stat_activity
		  where datname = current_database()
		    and wait_event_type = 'Lock')`
	for waiting := false; !waiting; {
		if err := pool.QueryRow(t.Context(), query).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
}

// Two sign-ups of one address meet in the two orders that a clock cannot tell apart.
func TestChange_SignUpsMeet(t *testing.T) {
	t.Parallel()
	t.Run("a reservation waits for an activation and then finds the user", func(t *testing.T) {
		t.Parallel()
		pool := pgtest.Schema(t, spec())
		if err := inTx(t.Context(), pool, func(c change) error { return c.Reserve(t.Context(), reservation(first)) }); err != nil {
			t.Fatal(err)
		}
		late := make(chan error, 1)
		err := inTx(t.Context(), pool, func(c change) error {
			if _, err := c.Activate(t.Context(), activation(first)); err != nil {
				return err
			}
			go func() {
				late <- inTx(t.Context(), pool, func(c change) error { return c.Reserve(t.Context(), reservation(second)) })
			}()
			waitForLock(t, pool)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-late; !errors.Is(err, user.ErrEmailTaken) {
			t.Errorf("the late reservation: %v", err)
		}
	})
	t.Run("an activation waits for a reservation and then finds itself replaced", func(t *testing.T) {
		t.Parallel()
		pool := pgtest.Schema(t, spec())
		if err := inTx(t.Context(), pool, func(c change) error { return c.Reserve(t.Context(), reservation(first)) }); err != nil {
			t.Fatal(err)
		}
		late := make(chan error, 1)
		err := inTx(t.Context(), pool, func(c change) error {
			if err := c.Reserve(t.Context(), reservation(second)); err != nil {
				return err
			}
			go func() {
				late <- inTx(t.Context(), pool, func(c change) error {
					_, err := c.Activate(t.Context(), activation(first))
					return err
				})
			}()
			waitForLock(t, pool)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-late; !errors.Is(err, user.ErrUnknown) {
			t.Errorf("the late activation: %v", err)
		}
	})
}

// The constraints hold where the code above them would be wrong.
func TestSchema_Constraints(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"addresses are lower case": `
			insert into users (id, email, email_verified, name, created_at, updated_at)
			values (gen_random_uuid(), 'Ada@example.com', false, '', now(), now())`,
		"only admin holds everything": `
			insert into roles (name, permissions, created_at, updated_at)
			values ('other', '{a:b,*}', now(), now())`,
		"nobody is granted what everybody has": `
			insert into grants (user_id, role, granted_at)
			select id, 'user', now() from users`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tx := pgtest.Tx(t, spec())
			_, err := tx.Exec(t.Context(), `
				insert into users (id, email, email_verified, name, created_at, updated_at)
				values ($1, $2, false, '', now(), now())`, newID(t), newID(t)+"@example.com")
			if err != nil {
				t.Fatal(err)
			}
			_, err = tx.Exec(t.Context(), statement)
			if state := sqlState(err); state != "23514" {
				t.Errorf("got %v; want a violated check (23514)", err)
			}
		})
	}
}
