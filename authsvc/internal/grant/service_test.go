package grant_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/grant"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/refresh"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// granted returns a World with the token pair of a session.
func granted(t *testing.T) (*authtest.World, grant.Pair, string) {
	t.Helper()
	w := authtest.New(t, authtest.Options{})
	in := w.SignUp(t, "ada@example.com")
	pair, err := w.Grants.Exchange(t.Context(), in.Token, grant.FirstParty, []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	return w, pair, in.User.ID
}

// TestAuthenticate covers Better Auth CVE-2026-53512 (row 5): no client passes unproved.
//
// Covers ASVS V10.4.10.
func TestAuthenticate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		client grant.Client
		ok     bool
	}{
		"nobody named":              {grant.Client{}, true},
		"the public client":         {grant.Client{ID: grant.FirstParty}, true},
		"the public client, proved": {grant.Client{ID: grant.FirstParty, Secret: "a"}, false},
		"nobody, proved":            {grant.Client{Secret: "a"}, false},
		"an unknown client":         {grant.Client{ID: "other"}, false},
		"another case":              {grant.Client{ID: "First-Party"}, false},
	} {
		id, err := grant.Authenticate(tc.client)
		if tc.ok && (err != nil || id != grant.FirstParty) {
			t.Errorf("%s: %q, %v; want %q", name, id, err, grant.FirstParty)
		}
		if !tc.ok && (!errors.Is(err, grant.ErrInvalidClient) || id != "") {
			t.Errorf("%s: %q, %v; want ErrInvalidClient", name, id, err)
		}
	}
}

// TestService_KeepsClientsApart covers Zitadel CVE-2026-55672 (row 9): another client's token
// is worth nothing, and cannot be ended either.
func TestService_KeepsClientsApart(t *testing.T) {
	t.Parallel()
	w, pair, _ := granted(t)
	if _, err := w.Grants.Refresh(t.Context(), pair.Refresh, "other", nil); !errors.Is(err, grant.ErrInvalidGrant) {
		t.Errorf("Refresh = %v, want ErrInvalidGrant", err)
	}
	for kind, token := range map[string]string{"access": pair.Access, "refresh": pair.Refresh} {
		if in, err := w.Grants.Introspect(t.Context(), token, "other"); err != nil || in.Active {
			t.Errorf("%s token: active is %t, %v", kind, in.Active, err)
		}
		if err := w.Grants.Revoke(t.Context(), token, "other"); err != nil {
			t.Errorf("%s token: %v", kind, err)
		}
		if in, err := w.Grants.Introspect(t.Context(), token, grant.FirstParty); err != nil || !in.Active {
			t.Errorf("%s token of its own client afterwards: active is %t, %v", kind, in.Active, err)
		}
	}
}

// TestService_RefreshShowsTheRolesOfNow covers Authelia GHSA-x883-2vmg-xwf7 (row 22).
func TestService_RefreshShowsTheRolesOfNow(t *testing.T) {
	t.Parallel()
	w, pair, id := granted(t)
	w.Identity.Change(id, func(u *identityapi.User) { u.Roles = []string{identityapi.RoleUser, "editor"} })
	pair, err := w.Grants.Refresh(t.Context(), pair.Refresh, grant.FirstParty, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{identityapi.RoleUser, "editor"}, roles(t, pair.Access)); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

func TestService_RecordsWhatHappens(t *testing.T) {
	t.Parallel()
	w, pair, id := granted(t)
	next, err := w.Grants.Refresh(t.Context(), pair.Refresh, grant.FirstParty, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(refresh.GraceFor + time.Second)
	if _, err := w.Grants.Refresh(t.Context(), pair.Refresh, grant.FirstParty, nil); !errors.Is(err, grant.ErrInvalidGrant) {
		t.Errorf("reuse: %v, want ErrInvalidGrant", err)
	}
	if err := w.Grants.Revoke(t.Context(), next.Access, grant.FirstParty); err != nil {
		t.Fatal(err)
	}
	want := []string{
		authapi.EventSignedUp, authapi.EventVerificationMailSent, authapi.EventTokenIssued, authapi.EventTokenRefreshed,
		authapi.EventTokenReused, authapi.EventAlertSent, authapi.EventSessionRevoked,
	}
	if diff := cmp.Diff(want, w.Types(t, id)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	for _, e := range w.Events(t) {
		if e.Type == authapi.EventTokenReused && e.Outcome != "denied" {
			t.Errorf("the reuse has the outcome %s, want denied", e.Outcome)
		}
	}
}

// TestService_OutageIsNoVerdict covers Fosite CVE-2020-15223 (row 15).
func TestService_OutageIsNoVerdict(t *testing.T) {
	t.Parallel()
	w, pair, _ := granted(t)
	w.Pool.Close()
	_, refreshErr := w.Grants.Refresh(t.Context(), pair.Refresh, grant.FirstParty, nil)
	_, exchangeErr := w.Grants.Exchange(t.Context(), "guess", grant.FirstParty, nil)
	for name, err := range map[string]error{
		"refresh": refreshErr, "exchange": exchangeErr,
		"revoke a refresh token": w.Grants.Revoke(t.Context(), pair.Refresh, grant.FirstParty),
		"revoke an access token": w.Grants.Revoke(t.Context(), pair.Access, grant.FirstParty),
	} {
		if err == nil || errors.Is(err, grant.ErrInvalidGrant) {
			t.Errorf("%s: %v, want an outage", name, err)
		}
	}
	for _, token := range []string{pair.Access, pair.Refresh} {
		if in, err := w.Grants.Introspect(t.Context(), token, grant.FirstParty); err == nil {
			t.Errorf("introspection without a database says active is %t", in.Active)
		}
	}
}

// roles reads the roles that an access token names.
func roles(t *testing.T, access string) []string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(access, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ Roles []string }
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims.Roles
}

// TestService_TellsOfReuse: a refresh token that comes twice ends its family, and its owner
// hears of it once; where identity cannot say who that is, the family ends all the same.
func TestService_TellsOfReuse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cut   authtest.Cut
		mails int
	}{"by mail": {authtest.Whole, 1}, "without identity": {authtest.BeforeCall, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, pair, id := granted(t)
			next, err := w.Grants.Refresh(t.Context(), pair.Refresh, grant.FirstParty, nil)
			if err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(refresh.GraceFor + time.Second)
			w.Identity.CutOff("find_user", tc.cut)
			for range 2 {
				if _, err := w.Grants.Refresh(t.Context(), pair.Refresh, grant.FirstParty, nil); !errors.Is(err, grant.ErrInvalidGrant) {
					t.Errorf("reuse = %v", err)
				}
			}
			w.Identity.CutOff("find_user", authtest.Whole)
			if _, err := w.Grants.Refresh(t.Context(), next.Refresh, grant.FirstParty, nil); !errors.Is(err, grant.ErrInvalidGrant) {
				t.Errorf("the successor = %v, want it ended", err)
			}
			told := 0
			for _, m := range w.Mails(t, "ada@example.com") {
				if strings.Contains(m.Subject, "copied") {
					told++
				}
			}
			if told != tc.mails {
				t.Errorf("%d mails tell of it, want %d", told, tc.mails)
			}
			if !slices.Contains(w.Types(t, id), authapi.EventTokenReused) {
				t.Error("the reuse is not recorded")
			}
		})
	}
}
