package grant

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/refresh"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Faults of the token endpoint (RFC 6749, section 5.2).
var (
	ErrInvalidRequest = fault.New(fault.Invalid, "invalid_request", "A parameter is missing, repeated or malformed.")
	ErrInvalidScope   = fault.New(fault.Invalid, "invalid_scope", "The scope asks for more than was granted.")
	ErrInvalidGrant   = refresh.ErrInvalidGrant
)

// Service grants tokens. It is safe for concurrent use.
type Service struct {
	accounts *account.Service
	families *refresh.Service
	mint     *token.Mint
	now      func() time.Time
}

// New returns a Service.
func New(accounts *account.Service, families *refresh.Service, mint *token.Mint, now func() time.Time) *Service {
	return &Service{accounts, families, mint, now}
}

// Pair is what the token endpoint answers.
type Pair struct {
	Access    string
	ExpiresIn time.Duration
	Refresh   string
	Scope     []string
}

// Exchange turns a session token into a token pair for the client. A session that somebody
// has opened as another user makes none: its end must be the end of what came from it.
func (s *Service) Exchange(ctx context.Context, sessionToken, clientID string, scope []string) (Pair, error) {
	current, err := s.accounts.Current(ctx, session.Hash(token.Hash(sessionToken)))
	if errors.Is(err, account.ErrUnauthorized) || (err == nil && current.Session.Impersonated()) {
		return Pair{}, ErrInvalidGrant
	}
	if err != nil {
		return Pair{}, err
	}
	g := refresh.Grant{
		SessionID: current.Session.ID, UserID: current.User.ID, ClientID: clientID, Scope: scope,
		AMR: current.Session.AMR, AuthTime: current.Session.CreatedAt,
	}
	ev := tokenEvent(authapi.EventTokenIssued, g.UserID, facts{SessionID: g.SessionID, ClientID: clientID, GrantType: "token_exchange"})
	first, family, err := s.families.Issue(ctx, g, ev)
	if err != nil {
		return Pair{}, err
	}
	return s.pair(ctx, issued{first, family, current.User, scope, token.Epochs(current.Stamp)})
}

// Refresh exchanges a refresh token for a new pair. Scope may narrow what was granted.
// A refusal consumes nothing, except that reuse ends the family.
func (s *Service) Refresh(ctx context.Context, refreshToken, clientID string, scope []string) (Pair, error) {
	epochs := token.Epochs{Own: s.accounts.Known()} // before the family and its session are read
	var user account.User
	check := func(f refresh.Family) error {
		granted, ok := f.Narrow(scope)
		if !ok {
			return ErrInvalidScope
		}
		scope = granted
		var err error
		user, err = s.accounts.CopiedUser(ctx, f.UserID)
		if errors.Is(err, account.ErrUnauthorized) {
			return ErrInvalidGrant
		}
		return err
	}
	next, family, err := s.families.Rotate(ctx, refreshToken, clientID, s.rotationEvents(), check)
	if err != nil {
		return Pair{}, err
	}
	epochs.Identity = user.Epoch
	return s.pair(ctx, issued{next, family, user, scope, epochs})
}

// issued is what an access token is made of, and the refresh token beside it.
type issued struct {
	refresh string
	family  refresh.Family
	user    account.User
	scope   []string
	epochs  token.Epochs
}

func (s *Service) pair(ctx context.Context, i issued) (Pair, error) {
	f := i.family
	access, err := s.mint.Access(ctx, token.AccessClaims{
		Subject: f.UserID, SID: f.SessionID, ClientID: f.ClientID, Scope: i.scope, Roles: i.user.Roles, AMR: f.AMR, AuthTime: f.AuthTime,
		Epochs: i.epochs,
	})
	if err != nil {
		return Pair{}, err
	}
	return Pair{Access: access, ExpiresIn: token.AccessLife, Refresh: i.refresh, Scope: i.scope}, nil
}

// ClientToken mints the client protocol's JWT for a session.
func (s *Service) ClientToken(ctx context.Context, current account.SignedIn) (string, error) {
	return s.mint.Client(ctx, clientClaims(current))
}

// Keys returns the JWK Set that verifies what the Service mints.
func (s *Service) Keys(ctx context.Context) ([]byte, error) { return s.mint.JWKS(ctx) }

// Introspection is what a token is worth now. Only Active is set for one that is worth nothing.
type Introspection struct {
	Active    bool
	TokenType string // access_token or refresh_token
	Subject   string
	SID       string
	ClientID  string
	Scope     []string
	Expires   time.Time
}

// Introspect says what a token of the client is worth now, the state of its session and
// user included.
func (s *Service) Introspect(ctx context.Context, presented, clientID string) (Introspection, error) {
	if strings.Count(presented, ".") == 2 {
		return s.introspectAccess(ctx, presented, clientID)
	}
	family, good, err := s.families.Find(ctx, presented, clientID)
	if errors.Is(err, ErrInvalidGrant) || (err == nil && !good) {
		return Introspection{}, nil
	}
	if err != nil {
		return Introspection{}, err
	}
	return s.whileActive(ctx, family.SessionID, family.UserID, Introspection{
		Active: true, TokenType: "refresh_token", Subject: family.UserID, SID: family.SessionID,
		ClientID: family.ClientID, Scope: family.Scope, Expires: family.ExpiresAt,
	})
}

func (s *Service) introspectAccess(ctx context.Context, presented, clientID string) (Introspection, error) {
	claims, err := s.mint.Verify(ctx, presented)
	if fault.KindOf(err) == fault.Unauthenticated || (err == nil && claims.ClientID != clientID) {
		return Introspection{}, nil
	}
	if err != nil {
		return Introspection{}, err
	}
	return s.whileActive(ctx, claims.SID, claims.Subject, Introspection{
		Active: true, TokenType: "access_token", Subject: claims.Subject, SID: claims.SID,
		ClientID: claims.ClientID, Scope: claims.Scope, Expires: claims.Expires,
	})
}

// whileActive returns the introspection if the session lives and its user may sign in.
func (s *Service) whileActive(ctx context.Context, sessionID, userID string, in Introspection) (Introspection, error) {
	sessions, err := s.accounts.Sessions(ctx, userID)
	if err != nil {
		return Introspection{}, err
	}
	if !slices.ContainsFunc(sessions, func(live session.Session) bool { return live.ID == sessionID }) {
		return Introspection{}, nil
	}
	_, err = s.accounts.CopiedUser(ctx, userID)
	if errors.Is(err, account.ErrUnauthorized) {
		return Introspection{}, nil
	}
	return in, err
}

// Revoke ends the family of a refresh token of the client, or the session behind one of
// its access tokens. A token that is worth nothing is no error (RFC 7009, section 2.2).
func (s *Service) Revoke(ctx context.Context, presented, clientID string) error {
	if strings.Count(presented, ".") != 2 {
		return s.families.Revoke(ctx, presented, clientID, revokedEvent)
	}
	claims, err := s.mint.Verify(ctx, presented)
	if fault.KindOf(err) == fault.Unauthenticated || (err == nil && claims.ClientID != clientID) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.accounts.EndSession(ctx, claims.Subject, claims.SID)
}
