package refresh_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/refresh"
)

// machine is what a family may do, in its simplest words: tokens[i] is the token of
// generation i, the last one is good, the one before it for GraceFor.
type machine struct {
	world     *authtest.World
	t         *testing.T
	tokens    []string
	rotatedAt time.Time
	ended     bool
}

// TestService_StateMachine drives a family through any order of rotations, with any of its
// tokens, pauses, refusals, restarts and revocations, and compares it with the model.
func TestService_StateMachine(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	signed := w.SignUp(t, "ada@example.com")
	if _, err := w.Pool.Exec(t.Context(), `update session set expires_at = expires_at + interval '100 years'`); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		grant := refresh.Grant{SessionID: signed.Session.ID, UserID: signed.User.ID, ClientID: client, AuthTime: w.Clock.Now()}
		first, _, err := w.Families.Issue(t.Context(), grant, happened("issued")(refresh.Family{}))
		if err != nil {
			r.Fatal(err)
		}
		m := &machine{world: w, t: t, tokens: []string{first}, rotatedAt: w.Clock.Now()}
		r.Repeat(map[string]func(*rapid.T){
			"pause":   m.pause,
			"restart": m.restart,
			"rotate":  m.rotate,
			"refuse":  m.refuse,
			"revoke":  m.revoke,
		})
	})
}

func (m *machine) pause(r *rapid.T) {
	m.world.Clock.Advance(time.Duration(rapid.IntRange(0, 6000).Draw(r, "milliseconds")) * time.Millisecond)
}

func (m *machine) restart(*rapid.T) { m.world = m.world.Replica(m.t) }

func (m *machine) draw(r *rapid.T) int {
	return rapid.IntRange(0, len(m.tokens)-1).Draw(r, "generation")
}

// good reports what the token of a generation is worth: the successor, or a rotation.
func (m *machine) good(generation int) (rotates, again bool) {
	last := len(m.tokens) - 1
	grace := m.world.Clock.Now().Sub(m.rotatedAt) <= refresh.GraceFor
	return !m.ended && generation == last, !m.ended && generation == last-1 && grace
}

func (m *machine) rotate(r *rapid.T) {
	generation := m.draw(r)
	rotates, again := m.good(generation)
	next, _, err := m.world.Families.Rotate(m.t.Context(), m.tokens[generation], client, rotation, anything)
	switch {
	case rotates && err == nil:
		m.tokens, m.rotatedAt = append(m.tokens, next), m.world.Clock.Now()
	case again && err == nil:
		if next != m.tokens[generation+1] {
			r.Fatal("the grace answered with another successor")
		}
	case rotates || again:
		r.Fatalf("a good token is refused: %v", err)
	case !errors.Is(err, refresh.ErrInvalidGrant):
		r.Fatalf("a used token: %v, want ErrInvalidGrant", err)
	default:
		m.ended = true
	}
}

func (m *machine) refuse(r *rapid.T) {
	generation := m.draw(r)
	rotates, again := m.good(generation)
	refused := errors.New("refused")
	_, _, err := m.world.Families.Rotate(m.t.Context(), m.tokens[generation], client, rotation, func(refresh.Family) error { return refused })
	switch {
	case rotates || again:
		if !errors.Is(err, refused) {
			r.Fatalf("Rotate = %v, want the check's error", err)
		}
	case !errors.Is(err, refresh.ErrInvalidGrant):
		r.Fatalf("a used token: %v, want ErrInvalidGrant", err)
	default:
		m.ended = true
	}
}

func (m *machine) revoke(r *rapid.T) {
	if rapid.IntRange(0, 9).Draw(r, "chance") > 0 { // seldom, or every run is short
		return
	}
	if err := m.world.Families.Revoke(m.t.Context(), m.tokens[m.draw(r)], client, happened("revoked")); err != nil {
		r.Fatal(err)
	}
	m.ended = true
}
