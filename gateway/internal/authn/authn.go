package authn

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// ErrForbidden means that the caller is known and lacks the permission.
var ErrForbidden = fault.New(fault.Denied, "gateway.forbidden", "You may not do this.")

// ErrOrigin means that a cookie came with a request from a place that is not trusted.
var ErrOrigin = fault.New(fault.Denied, "gateway.origin", "This request does not come from a trusted origin.")

// ErrUnavailable means that nobody can say now who is calling or what they may do.
var ErrUnavailable = fault.New(fault.Unavailable, "gateway.unproven", "It cannot be found out now who you are. Try again.").WithRetryAfter(time.Second)

// ErrStale means that a token is older than something it depends on: its session or its
// refresh token has ended, or what its user may do has changed.
var ErrStale = fault.New(fault.Unauthenticated, "gateway.token_stale", "This token does not count any more. Get a new one, or sign in.")

// Config is what an Authenticator stands on. All fields but Keep are required.
type Config struct {
	Call    rpc.Caller
	Issuer  string                   // of tokens
	Trusted func(origin string) bool // from where a browser may send cookies along with a change
	Changes Changes
	Now     func() time.Time
	Keep    bool // copies of sessions and permissions; verified tokens are kept always
}

// Authenticator proves callers and enforces guards. It is safe for concurrent use.
type Authenticator struct {
	call    rpc.Caller
	keys    *keys
	issuer  string
	trusted func(origin string) bool
	changes Changes
	now     func() time.Time

	tokens   *epoch.Copies[*verified]
	sessions *epoch.Copies[*Proof]    // nil: none are kept
	may      *epoch.Copies[permitted] // likewise
}

// New returns an Authenticator.
func New(c Config) *Authenticator {
	a := &Authenticator{
		call: c.Call, keys: &keys{call: c.Call, now: c.Now, changes: c.Changes.Auth}, issuer: c.Issuer, trusted: c.Trusted,
		changes: c.Changes, now: c.Now, tokens: epoch.NewCopies[*verified](tokensHeld),
	}
	if c.Keep {
		a.sessions, a.may = epoch.NewCopies[*Proof](proofsHeld), epoch.NewCopies[permitted](mayHeld)
	}
	return a
}

// Enforce lets the request pass its route's guard and returns who is calling and why that
// is believed, nil where the guard does not ask. It fails closed.
func (a *Authenticator) Enforce(ctx context.Context, guard httpx.Guard, r *http.Request) (*Proof, error) {
	switch guard.Level {
	case httpx.LevelPublic, httpx.LevelModule:
		return nil, nil
	case httpx.LevelAuthenticated:
		return a.authenticate(ctx, r)
	case httpx.LevelPermission:
		p, err := a.authenticate(ctx, r)
		if err != nil {
			return nil, err
		}
		return p, a.authorize(ctx, p.Principal, guard.Permission)
	}
	return nil, ErrForbidden
}

// authenticate resolves the credentials of a request. A bearer token wins over a cookie;
// a bearer token that proves nothing is refused even if a cookie would do. Authsvc gets
// the one or the other, so that the check of the origin and what proves the caller never
// part ways.
func (a *Authenticator) authenticate(ctx context.Context, r *http.Request) (*Proof, error) {
	if len(r.Header.Values("Authorization")) > 1 {
		return nil, authapi.ErrUnauthenticated
	}
	authorization := r.Header.Get("Authorization")
	if scheme, bearer, _ := strings.Cut(authorization, " "); strings.EqualFold(scheme, "Bearer") {
		if looksLikeJWT(bearer) {
			return a.verify(ctx, bearer)
		}
		return a.resolve(ctx, keyOf('a', authorization), authapi.AuthenticateIn{Authorization: authorization})
	}
	cookie := strings.Join(r.Header.Values("Cookie"), "; ")
	if cookie == "" {
		return nil, authapi.ErrUnauthenticated
	}
	if !a.sameSite(r) {
		return nil, ErrOrigin
	}
	return a.resolve(ctx, keyOf('c', cookie), authapi.AuthenticateIn{Cookie: cookie})
}

// resolve finds out whom a credential proves: from a copy, or from authsvc. Without a lease
// authsvc must not answer from copies either.
func (a *Authenticator) resolve(ctx context.Context, key [32]byte, in authapi.AuthenticateIn) (*Proof, error) {
	if p := a.copied(key); p != nil {
		return p, nil
	}
	in.Anew = !a.changes.live()
	p, err := a.ask(ctx, in)
	if err == nil && !in.Anew && !a.changes.current(p) { // authsvc has a copy from before what is known here
		in.Anew = true
		p, err = a.ask(ctx, in)
	}
	if err != nil {
		return nil, err
	}
	if a.sessions != nil && a.changes.current(p) {
		a.sessions.Keep(key, p)
	}
	return p, nil
}

func (a *Authenticator) ask(ctx context.Context, in authapi.AuthenticateIn) (*Proof, error) {
	asked := epoch.Boottime()
	out, err := authapi.Authenticate.Call(ctx, a.call, in)
	if err != nil {
		return nil, outage(err)
	}
	return &Proof{
		Principal: principal.Principal{
			Subject: out.UserID, SID: out.SessionID, Roles: out.Roles, AMR: out.AMR, AuthTime: out.AuthTime, Actor: out.Actor,
		},
		auth: out.Epoch, identity: out.IdentityEpoch, expires: out.ExpiresAt, found: asked, anew: in.Anew,
	}, nil
}

// sameSite reports whether a request with cookies may act: reads always, changes only when
// the browser names a trusted origin (cross-site request forgery, ASVS V3.5.1).
func (a *Authenticator) sameSite(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return true
	}
	return a.trusted(r.Header.Get("Origin"))
}

// permitted is that a user may do something, as of a number of identity.
type permitted struct {
	identity int64
	found    time.Duration
}

// authorize finds out whether the caller may do something: from a copy, or from identity.
// That somebody may not is never kept.
func (a *Authenticator) authorize(ctx context.Context, p principal.Principal, permission string) error {
	key := keyOf('p', p.Subject+" "+permission)
	if a.may != nil {
		if have, ok := a.may.Find(key); ok && a.counts(have, p.Subject) && a.changes.live() {
			return nil
		}
	}
	asked := epoch.Boottime()
	out, err := identityapi.Authorize.Call(ctx, a.call, identityapi.AuthorizeIn{UserID: p.Subject, Permission: permission})
	if err != nil {
		return outage(err)
	}
	if !out.Allowed {
		return ErrForbidden
	}
	if a.may != nil {
		a.may.Keep(key, permitted{out.Epoch, asked})
	}
	return nil
}

func (a *Authenticator) counts(p permitted, user string) bool {
	return epoch.Boottime()-p.found <= proofLife && a.changes.Identity.Current(p.identity,
		epoch.Mark{Scope: identityapi.ScopeUser, Key: user}, epoch.Mark{Scope: identityapi.ScopePermissions})
}

// outage returns err, or ErrUnavailable in the place of one by which nobody answered: that
// a module does not serve its method is not the caller's concern.
func outage(err error) error {
	if fault.KindOf(err) == fault.Unimplemented {
		return ErrUnavailable.With(err)
	}
	return err
}
