package authn

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
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

// Authenticator proves callers and enforces guards. It is safe for concurrent use.
type Authenticator struct {
	call    rpc.Caller
	keys    *keys
	issuer  string
	trusted func(origin string) bool
	now     func() time.Time
}

// New returns an Authenticator for tokens of the given issuer. trusted says from which
// origins a browser may send cookies along with a change.
func New(call rpc.Caller, issuer string, trusted func(origin string) bool, now func() time.Time) *Authenticator {
	return &Authenticator{call: call, keys: &keys{call: call, now: now}, issuer: issuer, trusted: trusted, now: now}
}

// Enforce lets the request pass its route's guard and returns who is calling, the zero
// Principal where the guard does not ask. It fails closed.
func (a *Authenticator) Enforce(ctx context.Context, guard httpx.Guard, r *http.Request) (principal.Principal, error) {
	switch guard.Level {
	case httpx.LevelPublic, httpx.LevelModule:
		return principal.Principal{}, nil
	case httpx.LevelAuthenticated:
		return a.authenticate(ctx, r)
	case httpx.LevelPermission:
		p, err := a.authenticate(ctx, r)
		if err != nil {
			return principal.Principal{}, err
		}
		return p, a.authorize(ctx, p, guard.Permission)
	}
	return principal.Principal{}, ErrForbidden
}

// authenticate resolves the credentials of a request. A bearer token wins over a cookie;
// a bearer token that proves nothing is refused even if a cookie would do. Authsvc gets
// the one or the other, so that the check of the origin and what proves the caller never
// part ways.
func (a *Authenticator) authenticate(ctx context.Context, r *http.Request) (principal.Principal, error) {
	if len(r.Header.Values("Authorization")) > 1 {
		return principal.Principal{}, authapi.ErrUnauthenticated
	}
	authorization := r.Header.Get("Authorization")
	if scheme, bearer, _ := strings.Cut(authorization, " "); strings.EqualFold(scheme, "Bearer") {
		if looksLikeJWT(bearer) {
			return a.verify(ctx, bearer)
		}
		return a.resolve(ctx, authapi.AuthenticateIn{Authorization: authorization})
	}
	cookie := strings.Join(r.Header.Values("Cookie"), "; ")
	if cookie == "" {
		return principal.Principal{}, authapi.ErrUnauthenticated
	}
	if !a.sameSite(r) {
		return principal.Principal{}, ErrOrigin
	}
	return a.resolve(ctx, authapi.AuthenticateIn{Cookie: cookie})
}

// resolve asks authsvc whom a credential proves.
func (a *Authenticator) resolve(ctx context.Context, in authapi.AuthenticateIn) (principal.Principal, error) {
	out, err := authapi.Authenticate.Call(ctx, a.call, in)
	if err != nil {
		return principal.Principal{}, outage(err)
	}
	return principal.Principal{
		Subject: out.UserID, SID: out.SessionID, Roles: out.Roles, AMR: out.AMR, AuthTime: out.AuthTime,
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

// authorize asks identity, each time: a role taken away counts at once.
func (a *Authenticator) authorize(ctx context.Context, p principal.Principal, permission string) error {
	out, err := identityapi.Authorize.Call(ctx, a.call, identityapi.AuthorizeIn{UserID: p.Subject, Permission: permission})
	if err != nil {
		return outage(err)
	}
	if !out.Allowed {
		return ErrForbidden
	}
	return nil
}

// outage returns err, or ErrUnavailable in the place of one by which nobody answered: that
// a module does not serve its method is not the caller's concern.
func outage(err error) error {
	if fault.KindOf(err) == fault.Unimplemented {
		return ErrUnavailable.With(err)
	}
	return err
}
