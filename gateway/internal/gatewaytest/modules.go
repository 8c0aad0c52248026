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
	"github.com/gatehouse-auth/gatehouse/gateway/internal/authn"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
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
	changes     map[string]*changes                // by service
}

// changes are what a service says has changed.
type changes struct {
	number  int64
	entries []epoch.Entry
}

// NewModules returns modules with the given signing keys and nobody signed in.
func NewModules(keys ...Key) *Modules {
	return &Modules{
		keys: keys, sessions: map[string]authapi.AuthenticateOut{}, permissions: map[string][]string{},
		calls: map[string]int{}, down: map[string]error{},
		changes: map[string]*changes{authapi.Service: {}, identityapi.Service: {}},
	}
}

// Caller reaches the modules as in one process.
func (m *Modules) Caller(t testing.TB) rpc.Caller {
	t.Helper()
	server, err := rpc.NewServer(zerolog.Nop(),
		authapi.Authenticate.Handle(m.authenticate), authapi.SigningKeys.Handle(m.signingKeys), identityapi.Authorize.Handle(m.authorize),
		authapi.Epochs.Handle(m.epochs(authapi.Service)), identityapi.Epochs.Handle(m.epochs(identityapi.Service)))
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
		ExpiresAt: time.Unix(4102444800, 0).UTC(),
	}
}

// SignOut ends the session with the token.
func (m *Modules) SignOut(token string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if out, ok := m.sessions[token]; ok {
		delete(m.sessions, token)
		m.raise(authapi.Service, epoch.Mark{Scope: authapi.ScopeSession, Key: out.SessionID})
	}
}

// Change says that something has changed in a service.
func (m *Modules) Change(service string, marks ...epoch.Mark) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.raise(service, marks...)
}

func (m *Modules) raise(service string, marks ...epoch.Mark) {
	c := m.changes[service]
	c.number++
	for _, mark := range marks {
		c.entries = append(c.entries, epoch.Entry{ID: int64(len(c.entries) + 1), Number: c.number, Scope: mark.Scope, Key: mark.Key})
	}
}

// Changes follows the modules through a caller.
func Changes(caller rpc.Caller) authn.Changes {
	return authn.Changes{
		Auth:     epoch.NewFollower(epoch.FollowerConfig{Source: authapi.Service, Ask: authapi.Epochs.Asker(caller), Log: zerolog.Nop()}),
		Identity: epoch.NewFollower(epoch.FollowerConfig{Source: identityapi.Service, Ask: identityapi.Epochs.Asker(caller), Log: zerolog.Nop()}),
	}
}

func (m *Modules) epochs(service string) func(context.Context, epoch.In) (epoch.Out, error) {
	return func(_ context.Context, in epoch.In) (epoch.Out, error) {
		m.mutex.Lock()
		defer m.mutex.Unlock()
		if err := m.called(service + " epochs"); err != nil {
			return epoch.Out{}, err
		}
		c := m.changes[service]
		return epoch.Out{Nonce: in.Nonce, Head: c.number, Entries: c.entries[in.Cursor:]}, nil
	}
}

// Permit gives a user the only permissions that they hold.
func (m *Modules) Permit(user string, permissions ...string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.permissions[user] = permissions
	m.raise(identityapi.Service, epoch.Mark{Scope: identityapi.ScopePermissions})
}

// Publish replaces the signing keys.
func (m *Modules) Publish(keys ...Key) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, key := range m.keys {
		m.raise(authapi.Service, epoch.Mark{Scope: authapi.ScopeKey, Key: key.ID})
	}
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
		return m.stamped(out), nil
	}
	for pair := range strings.SplitSeq(in.Cookie, "; ") {
		if token, ok := strings.CutPrefix(pair, "session="); ok {
			if out, ok := m.sessions[token]; ok {
				return m.stamped(out), nil
			}
		}
	}
	return authapi.AuthenticateOut{}, authapi.ErrUnauthenticated
}

func (m *Modules) stamped(out authapi.AuthenticateOut) authapi.AuthenticateOut {
	out.Epoch, out.IdentityEpoch = m.changes[authapi.Service].number, m.changes[identityapi.Service].number
	return out
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
	return identityapi.AuthorizeOut{Allowed: slices.Contains(m.permissions[in.UserID], in.Permission), Epoch: m.changes[identityapi.Service].number}, nil
}
