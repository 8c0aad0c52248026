package refresh_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/refresh"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func TestService_Rotate(t *testing.T) {
	t.Parallel()

	t.Run("gives each generation its own token", func(t *testing.T) {
		t.Parallel()
		w, f, token := issued(t)
		seen := map[string]bool{token: true}
		for range 5 {
			next, err := rotate(t, w.Families, token)
			if err != nil {
				t.Fatal(err)
			}
			if seen[next] {
				t.Fatal("a token came twice")
			}
			seen[next], token = true, next
		}
		if n := count(t, w, f, "rotated"); n != 5 {
			t.Errorf("%d rotations were recorded, want 5", n)
		}
	})

	t.Run("answers a repeated token with the same successor for ten seconds", func(t *testing.T) {
		t.Parallel()
		w, f, token := issued(t)
		next, err := rotate(t, w.Families, token)
		if err != nil {
			t.Fatal(err)
		}
		for _, wait := range []time.Duration{0, refresh.GraceFor} {
			w.Clock.Advance(wait)
			again, err := rotate(t, w.Families, token)
			if err != nil || again != next {
				t.Errorf("after %v: same successor is %t, error %v", wait, again == next, err)
			}
		}
		if n := count(t, w, f, "rotated"); n != 1 {
			t.Errorf("%d rotations were recorded, want 1", n)
		}
		if _, err := rotate(t, w.Families, next); err != nil {
			t.Errorf("the successor is refused after the grace was used: %v", err)
		}
	})

	t.Run("ends the family when a token comes back after the grace", func(t *testing.T) {
		t.Parallel()
		w, f, token := issued(t)
		next, err := rotate(t, w.Families, token)
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(refresh.GraceFor + time.Millisecond)
		if _, err := rotate(t, w.Families, token); !errors.Is(err, refresh.ErrInvalidGrant) {
			t.Errorf("reuse: %v, want ErrInvalidGrant", err)
		}
		if _, err := rotate(t, w.Replica(t).Families, next); !errors.Is(err, refresh.ErrInvalidGrant) {
			t.Errorf("the good token after reuse, in another process: %v, want ErrInvalidGrant", err)
		}
		if n := count(t, w, f, "reused"); n != 1 {
			t.Errorf("%d reuses were recorded, want 1", n)
		}
	})

	t.Run("ends the family when a token older than one generation comes within the grace", func(t *testing.T) {
		t.Parallel()
		w, f, token := issued(t)
		next, err := rotate(t, w.Families, token)
		if err != nil {
			t.Fatal(err)
		}
		last, err := rotate(t, w.Families, next)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rotate(t, w.Families, token); !errors.Is(err, refresh.ErrInvalidGrant) {
			t.Errorf("the first of three tokens: %v, want ErrInvalidGrant", err)
		}
		if _, err := rotate(t, w.Families, last); !errors.Is(err, refresh.ErrInvalidGrant) {
			t.Errorf("the good token after reuse: %v, want ErrInvalidGrant", err)
		}
		if n := count(t, w, f, "reused"); n != 1 {
			t.Errorf("%d reuses were recorded, want 1", n)
		}
	})

	t.Run("consumes nothing when the check refuses (Keycloak issue 49213)", func(t *testing.T) {
		t.Parallel()
		w, f, token := issued(t)
		refused := errors.New("refused")
		for range 3 {
			_, _, err := w.Families.Rotate(t.Context(), token, client, rotation, func(refresh.Family) error { return refused })
			if !errors.Is(err, refused) {
				t.Fatalf("Rotate = %v, want the check's error", err)
			}
			w.Clock.Advance(time.Minute)
		}
		if n := count(t, w, f, "rotated"); n != 0 {
			t.Errorf("%d rotations were recorded, want none", n)
		}
		if _, err := rotate(t, w.Families, token); err != nil {
			t.Errorf("the token afterwards: %v", err)
		}
	})

	t.Run("asks the check within the grace too (Pocket ID CVE-2026-43983)", func(t *testing.T) {
		t.Parallel()
		w, _, token := issued(t)
		if _, err := rotate(t, w.Families, token); err != nil {
			t.Fatal(err)
		}
		refused := errors.New("refused")
		_, _, err := w.Families.Rotate(t.Context(), token, client, rotation, func(refresh.Family) error { return refused })
		if !errors.Is(err, refused) {
			t.Errorf("Rotate = %v, want the check's error", err)
		}
	})
}

// TestService_RotateAfterRestart covers Keycloak CVE-2026-9802 (row 3): what was used stays
// used, whichever process started since.
func TestService_RotateAfterRestart(t *testing.T) {
	t.Parallel()
	w, f, token := issued(t)
	next, err := rotate(t, w.Families, token)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := rotate(t, w.Replica(t).Families, token); err != nil || again != next {
		t.Errorf("within the grace, after a restart: same successor is %t, error %v", again == next, err)
	}
	w.Clock.Advance(refresh.GraceFor + time.Second)
	if _, err := rotate(t, w.Replica(t).Families, token); !errors.Is(err, refresh.ErrInvalidGrant) {
		t.Errorf("the used token after a restart: %v, want ErrInvalidGrant", err)
	}
	if n := count(t, w, f, "reused"); n != 1 {
		t.Errorf("%d reuses were recorded, want 1", n)
	}
}

// TestService_RefusesAndChangesNothing holds tokens that prove nothing: they are refused,
// and the family they name goes on (Zitadel CVE-2026-55672, row 9).
func TestService_RefusesAndChangesNothing(t *testing.T) {
	t.Parallel()
	w, f, token := issued(t)
	forger := w.Replica(t)
	forger.Root = secret.NewRoot("the root secret of another installation")
	forged := forger.Replica(t)
	foreign, _, err := forged.Families.Issue(t.Context(), refresh.Grant{
		SessionID: f.SessionID, UserID: f.UserID, ClientID: client, AuthTime: w.Clock.Now(),
	}, happened("issued")(f))
	if err != nil {
		t.Fatal(err)
	}
	for name, presented := range map[string]string{
		"nothing":                         "",
		"text":                            "refresh",
		"a token of another installation": foreign,
		"a token cut short":               token[:len(token)-1],
		"a token with a changed proof":    token[:len(token)-2] + strings.Map(swapped, token[len(token)-2:]),
		"a megabyte":                      strings.Repeat("A", 1<<20),
	} {
		if _, err := rotate(t, w.Families, presented); !errors.Is(err, refresh.ErrInvalidGrant) {
			t.Errorf("%s: %v, want ErrInvalidGrant", name, err)
		}
	}
	_, _, err = w.Families.Rotate(t.Context(), token, "another client", rotation, anything)
	if !errors.Is(err, refresh.ErrInvalidGrant) {
		t.Errorf("another client's token: %v, want ErrInvalidGrant", err)
	}
	if n := count(t, w, f, "rotated") + count(t, w, f, "reused"); n != 0 {
		t.Errorf("%d events were recorded, want none", n)
	}
	if _, err := rotate(t, w.Families, token); err != nil {
		t.Errorf("the token itself afterwards: %v", err)
	}
}

// swapped returns another letter of the alphabet.
func swapped(c rune) rune {
	if c == 'A' {
		return 'E'
	}
	return 'A'
}

func TestService_FamilyEnds(t *testing.T) {
	t.Parallel()

	t.Run("with its session", func(t *testing.T) {
		t.Parallel()
		w, f, token := issued(t)
		if err := w.Accounts.RevokeSessions(t.Context(), f.UserID, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := rotate(t, w.Families, token); !errors.Is(err, refresh.ErrInvalidGrant) {
			t.Errorf("Rotate = %v, want ErrInvalidGrant", err)
		}
	})

	t.Run("when its session expires, sweeper or not (authentik CVE-2025-64708)", func(t *testing.T) {
		t.Parallel()
		w, _, token := issued(t)
		w.Clock.Advance(session.Life)
		if _, err := rotate(t, w.Families, token); !errors.Is(err, refresh.ErrInvalidGrant) {
			t.Errorf("Rotate = %v, want ErrInvalidGrant", err)
		}
	})

	t.Run("when nobody rotates it for its life", func(t *testing.T) {
		t.Parallel()
		w, f, token := issued(t)
		if _, err := w.Pool.Exec(t.Context(), `update session set expires_at = expires_at + interval '1 year' where id = $1`, f.SessionID); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(refresh.Life - time.Second)
		next, err := rotate(t, w.Families, token)
		if err != nil {
			t.Fatalf("a second before the end: %v", err)
		}
		w.Clock.Advance(refresh.Life)
		if _, err := rotate(t, w.Families, next); !errors.Is(err, refresh.ErrInvalidGrant) {
			t.Errorf("at the end: %v, want ErrInvalidGrant", err)
		}
	})
}

func TestService_Revoke(t *testing.T) {
	t.Parallel()

	t.Run("ends the family, named by any of its tokens, once", func(t *testing.T) {
		t.Parallel()
		w, f, token := issued(t)
		next, err := rotate(t, w.Families, token)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := w.Families.Revoke(t.Context(), token, client, happened("revoked")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := rotate(t, w.Families, next); !errors.Is(err, refresh.ErrInvalidGrant) {
			t.Errorf("Rotate = %v, want ErrInvalidGrant", err)
		}
		if n := count(t, w, f, "revoked"); n != 1 {
			t.Errorf("%d revocations were recorded, want 1", n)
		}
	})

	t.Run("takes tokens that prove nothing without an error or an effect", func(t *testing.T) {
		t.Parallel()
		w, f, token := issued(t)
		for presented, by := range map[string]string{token: "another client", "forged": client, token[1:] + "A": client} {
			if err := w.Families.Revoke(t.Context(), presented, by, happened("revoked")); err != nil {
				t.Errorf("Revoke = %v, want nil (RFC 7009, section 2.2)", err)
			}
		}
		if n := count(t, w, f, "revoked"); n != 0 {
			t.Errorf("%d revocations were recorded, want none", n)
		}
		if _, err := rotate(t, w.Families, token); err != nil {
			t.Errorf("the token afterwards: %v", err)
		}
	})
}

func TestService_FindTellsTheGoodToken(t *testing.T) {
	t.Parallel()
	w, _, token := issued(t)
	next, err := rotate(t, w.Families, token)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		token string
		good  bool
	}{"the used one": {token, false}, "the newest": {next, true}} {
		if _, good, err := w.Families.Find(t.Context(), tc.token, client); good != tc.good || err != nil {
			t.Errorf("%s: good = %t, %v; want %t", name, good, err, tc.good)
		}
	}
}

// TestService_OutageIsNoVerdict covers Fosite CVE-2020-15223 (row 15): a store that cannot
// be asked is neither "invalid" nor "done".
func TestService_OutageIsNoVerdict(t *testing.T) {
	t.Parallel()
	w, _, token := issued(t)
	w.Pool.Close()
	if _, err := rotate(t, w.Families, token); err == nil || errors.Is(err, refresh.ErrInvalidGrant) {
		t.Errorf("Rotate = %v, want an outage", err)
	}
	if err := w.Families.Revoke(t.Context(), token, client, happened("revoked")); err == nil {
		t.Error("Revoke reports success without a database")
	}
}
