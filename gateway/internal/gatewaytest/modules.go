package gatewaytest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// Modules are an authsvc and an identity. Change them with the methods only: requests may
// be under way.
type Modules struct {
	mutex       sync.Mutex
	keys        []Key
	sessions    map[string]authapi.AuthenticateOut // by token
	permissions map[string][]string                // by user
	calls       map[string]int                     // by method
	down        map[string]error                   // by method
}

// NewModules returns modules with the given signing keys and nobody signed in.
func NewModules(keys ...Key) *Modules {
	return &Modules{
		keys: keys, sessions: map[string]authapi.AuthenticateOut{}, permissions: map[string][]string{},
		calls: map[string]int{}, down: map[string]error{},
	}
}

// Caller reaches the modules as in one process.
func (m *Modules) Caller(t testing.TB) rpc.Caller {
	t.Helper()
	server, err := rpc.NewServer(zerolog.Nop(),
		authapi.Authenticate.Handle(m.authenticate), authapi.SigningKeys.Handle(m.signingKeys), identityapi.Authorize.Handle(m.authorize))
	if err != nil {
		t.Fatal(err)
	}
	return rpc.NewDirect(server)
}

// SignIn gives a user a session with the token.
func (m *Modules) SignIn(token, user string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.sessions[token] = authapi.AuthenticateOut{
		UserID: user, SessionID: "session of " + user, Roles: []string{"user"}, AMR: []string{"pwd"}, AuthTime: time.Unix(1767225600, 0).UTC(),
	}
}

// Permit gives a user the only permissions that they hold.
func (m *Modules) Permit(user string, permissions ...string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.permissions[user] = permissions
}

// Publish replaces the signing keys.
func (m *Modules) Publish(keys ...Key) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.keys = keys
}

// Fail makes a method answer with err; nil ends it.
func (m *Modules) Fail(method string, err error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.down[method] = err
}

// Calls says how often a method was called.
func (m *Modules) Calls(method string) int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.calls[method]
}

func (m *Modules) called(method string) error {
	m.calls[method]++
	return m.down[method]
}

// authenticate takes a bearer token before a cookie and, as the real one, the cookie if
// the bearer token proves nothing.
func (m *Modules) authenticate(_ context.Context, in authapi.AuthenticateIn) (authapi.AuthenticateOut, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if err := m.called("authenticate"); err != nil {
		return authapi.AuthenticateOut{}, err
	}
	_, bearer, _ := strings.Cut(in.Authorization, " ")
	if out, ok := m.sessions[bearer]; ok {
		return out, nil
	}
	for pair := range strings.SplitSeq(in.Cookie, "; ") {
		if token, ok := strings.CutPrefix(pair, "session="); ok {
			if out, ok := m.sessions[token]; ok {
				return out, nil
			}
		}
	}
	return authapi.AuthenticateOut{}, authapi.ErrUnauthenticated
}

func (m *Modules) signingKeys(context.Context, authapi.SigningKeysIn) (authapi.SigningKeysOut, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if err := m.called("signing_keys"); err != nil {
		return authapi.SigningKeysOut{}, err
	}
	var set jose.JSONWebKeySet
	for _, key := range m.keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: key.ID, Algorithm: "EdDSA", Use: "sig"})
	}
	encoded, err := json.Marshal(set)
	return authapi.SigningKeysOut{JWKS: encoded}, err
}

func (m *Modules) authorize(_ context.Context, in identityapi.AuthorizeIn) (identityapi.AuthorizeOut, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if err := m.called("authorize"); err != nil {
		return identityapi.AuthorizeOut{}, err
	}
	return identityapi.AuthorizeOut{Allowed: slices.Contains(m.permissions[in.UserID], in.Permission)}, nil
}
