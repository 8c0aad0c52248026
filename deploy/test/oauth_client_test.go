package test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// TestOAuthClient lets OAuth client libraries that nobody here wrote refresh, introspect and
// revoke, in one process and in four: openid-client of npm, and Go's own.
func TestOAuthClient(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs PostgreSQL; -short leaves it out")
	}
	(&client{}).install(t)
	for _, kind := range []shape.Kind{shape.Direct, shape.Split} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newSuite(shape.Start(t, kind, nil))
			t.Run("openid-client", func(t *testing.T) { t.Parallel(); s.openidClient(t) })
			t.Run("golang.org/x/oauth2", func(t *testing.T) { t.Parallel(); s.oauth2Client(t) })
		})
	}
}

// openidClient runs client/oauth-client.mjs.
func (s *suite) openidClient(t *testing.T) {
	program := exec.CommandContext(t.Context(), "node", "oauth-client.mjs", "--gatehouse", s.system.URL) //nolint:gosec // an address of ours
	program.Dir = "client"
	program.Env = append(os.Environ(), "SESSION_TOKEN="+s.signUp(t).token)
	said, err := program.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	t.Logf("summary: %s, %s", s.system.Kind, said)
}

// oauth2Client refreshes as a Go program does, which knows no more than the issuer.
func (s *suite) oauth2Client(t *testing.T) {
	p := s.signUp(t)
	granted := s.exchange(t, p.token)
	ctx := oidc.ClientContext(t.Context(), &http.Client{Timeout: 20 * time.Second})
	server, err := oidc.NewProvider(ctx, s.system.URL)
	if err != nil {
		t.Fatal(err)
	}
	config := oauth2.Config{ClientID: "first-party", Endpoint: server.Endpoint()}
	config.Endpoint.AuthStyle = oauth2.AuthStyleInParams

	source := config.TokenSource(ctx, &oauth2.Token{RefreshToken: granted.refresh})
	renewed, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	s.hide(renewed.AccessToken)
	s.hide(renewed.RefreshToken)
	s.holds(t, "the refresh token was rotated", renewed.RefreshToken != "" && renewed.RefreshToken != granted.refresh)
	s.holds(t, "the library knows when it ends", time.Until(renewed.Expiry) > 4*time.Minute)
	s.is(t, "a request of the library's client", s.get(t, oauth2.NewClient(ctx, source), "/api/v1/me"), http.StatusOK)

	verified, err := server.Verifier(&oidc.Config{SkipClientIDCheck: true}).Verify(ctx, renewed.AccessToken)
	if err != nil {
		t.Fatalf("the published keys do not verify the access token: %v", err)
	}
	s.is(t, "whose it is", verified.Subject, p.id)

	s.status(t, "sign out", p.send(t, "POST /api/auth/sign-out", nil), 200)
	_, err = config.TokenSource(ctx, &oauth2.Token{RefreshToken: renewed.RefreshToken}).Token()
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	s.holds(t, "the library understands why a token of an ended session is refused", ok && refused.ErrorCode == "invalid_grant")
}

// get returns the status of a GET with the client.
func (s *suite) get(t *testing.T, client *http.Client, path string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, s.system.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode
}
