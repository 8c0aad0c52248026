package identitytest

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/identity/internal/postgres"
	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/identity/migrations"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

// World is the module's services over one database.
type World struct {
	Pool         *pgxpool.Pool
	Clock        *Clock
	Appointments *role.Appointments
	Store        *postgres.Roles
	Users        *user.Service
	Roles        *role.Service
	Guard        *role.Guard
}

// Options are the settings of a World.
type Options struct {
	AdminEmails []string
	Development bool
}

// New returns a World with a database of its own.
func New(t testing.TB, o Options) *World {
	t.Helper()
	pool := pgtest.Schema(t, pgtest.Spec{Name: "identity", Files: migrations.Files()})
	clock := &Clock{now: time.Now()}
	appointments, err := role.NewAppointments(o.AdminEmails, o.Development, clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	store := postgres.NewRoles(pool)
	guard := role.NewGuard(store, clock.Now)
	return &World{
		Pool: pool, Clock: clock, Appointments: appointments, Store: store, Guard: guard,
		Users: user.New(postgres.NewUsers(pool), guard, appointments, clock.Now),
		Roles: role.New(store, guard, clock.Now),
	}
}

// NewID returns a fresh id.
func NewID(t testing.TB) user.ID {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return user.ID(id.String())
}

// SignUp makes a user with an address that is not verified.
func (w *World) SignUp(t testing.TB, email string) user.User {
	t.Helper()
	id := NewID(t)
	if _, err := w.Users.Reserve(t.Context(), user.Reservation{ID: id, Email: email, Profile: user.Profile{Name: "Ada"}}); err != nil {
		t.Fatalf("reserve %s: %v", email, err)
	}
	active, err := w.Users.Activate(t.Context(), user.Activation{ID: id})
	if err != nil {
		t.Fatalf("activate %s: %v", email, err)
	}
	return active
}

// Administrator makes a user who has the role admin.
func (w *World) Administrator(t testing.TB, email string) user.ID {
	t.Helper()
	id := w.SignUp(t, email).ID
	if _, err := w.Roles.GrantByEmail(t.Context(), email, role.Admin, "test"); err != nil {
		t.Fatalf("make %s administrator: %v", email, err)
	}
	return id
}

// With makes a user who holds exactly the given permissions, through a role that the
// administrator makes for them.
func (w *World) With(t testing.TB, administrator user.ID, name string, permissions ...string) user.ID {
	t.Helper()
	id := w.SignUp(t, name+"@example.com").ID
	if _, err := w.Roles.Create(t.Context(), administrator, name, permissions); err != nil {
		t.Fatalf("create role %s: %v", name, err)
	}
	if _, err := w.Roles.Grant(t.Context(), administrator, id, name); err != nil {
		t.Fatalf("grant role %s: %v", name, err)
	}
	return id
}

// Ban bans the user until the given time, or for ever.
func (w *World) Ban(t testing.TB, id user.ID, until *time.Time) {
	t.Helper()
	const ban = `
		update users
		set banned = true, ban_reason = 'test', ban_expires = $2
		where id = $1`
	if _, err := w.Pool.Exec(t.Context(), ban, id, until); err != nil {
		t.Fatal(err)
	}
}

// Recorded is an event as the outbox holds it.
type Recorded struct {
	Type     string
	Key      string
	Actor    string
	Body     json.RawMessage
	Personal json.RawMessage
}

// Events returns what has been recorded about key, in order.
func (w *World) Events(t testing.TB, key string) []Recorded {
	t.Helper()
	const query = `
		select type, key, actor, body, personal
		from outbox
		where key = $1
		order by seq`
	rows, err := w.Pool.Query(t.Context(), query, key)
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := pgx.CollectRows(rows, pgx.RowToStructByName[Recorded])
	if err != nil {
		t.Fatal(err)
	}
	return recorded
}

// Types returns the types of the events recorded about key, in order.
func (w *World) Types(t testing.TB, key string) []string {
	t.Helper()
	var types []string
	for _, e := range w.Events(t, key) {
		types = append(types, e.Type)
	}
	return types
}

// Clock is a clock that tests move. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
