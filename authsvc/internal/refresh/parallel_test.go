package refresh_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/refresh"
)

const parallel = 64

// TestService_RotateParallel covers Better Auth CVE-2026-53517 and Keycloak CVE-2026-1035
// (rows 1 and 2): two instances, one family, no fork.
//
// Covers ASVS V2.3.4, V10.4.5.
func TestService_RotateParallel(t *testing.T) {
	t.Parallel()

	t.Run("gives every caller the same successor", func(t *testing.T) {
		t.Parallel()
		w, f, token := issued(t)
		instances := []*refresh.Service{w.Families, w.Replica(t).Families}
		for round := range 3 {
			got, errs := [parallel]string{}, [parallel]error{}
			authtest.Parallel(parallel, func(i int) {
				got[i], _, errs[i] = instances[i%2].Rotate(t.Context(), token, client, rotation, anything)
			})
			for i := range parallel {
				if errs[i] != nil || got[i] != got[0] || got[i] == token {
					t.Fatalf("round %d, caller %d: same successor is %t, error %v", round, i, got[i] == got[0], errs[i])
				}
			}
			if n := count(t, w, f, "rotated"); n != round+1 {
				t.Fatalf("round %d: %d rotations were recorded, want %d", round, n, round+1)
			}
			token = got[0]
		}
	})

	t.Run("sees reuse once, and nobody gets a token after it", func(t *testing.T) {
		t.Parallel()
		w, f, token := issued(t)
		next, err := rotate(t, w.Families, token)
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(refresh.GraceFor + time.Second)
		instances := []*refresh.Service{w.Families, w.Replica(t).Families}
		errs := [parallel]error{}
		authtest.Parallel(parallel, func(i int) {
			_, _, errs[i] = instances[i%2].Rotate(t.Context(), token, client, rotation, anything)
		})
		for i, err := range errs {
			if !errors.Is(err, refresh.ErrInvalidGrant) {
				t.Errorf("caller %d: %v, want ErrInvalidGrant", i, err)
			}
		}
		if n := count(t, w, f, "reused"); n != 1 {
			t.Errorf("%d reuses were recorded, want 1", n)
		}
		if _, err := rotate(t, w.Families, next); !errors.Is(err, refresh.ErrInvalidGrant) {
			t.Errorf("the good token: %v, want ErrInvalidGrant", err)
		}
	})

	t.Run("leaves no good token when the thief and the owner race", func(t *testing.T) {
		t.Parallel()
		w, _, token := issued(t)
		next, err := rotate(t, w.Families, token)
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(refresh.GraceFor + time.Second)
		got := [parallel]string{}
		authtest.Parallel(parallel, func(i int) {
			presented := [...]string{token, next}[i%2]
			got[i], _, _ = w.Families.Rotate(t.Context(), presented, client, rotation, anything)
		})
		for _, last := range append(got[:], token, next) {
			if _, err := rotate(t, w.Families, last); !errors.Is(err, refresh.ErrInvalidGrant) {
				t.Fatalf("a token still works: %v, want ErrInvalidGrant", err)
			}
		}
	})
}
