package social

import (
	"context"
	"encoding/json"
	"regexp"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Provider is somebody who knows who people are. Its errors are ErrDown, or one of the
// refusals that its methods name.
type Provider interface {
	// AuthorizeURL is where the browser goes to prove who its user is.
	AuthorizeURL(ctx context.Context, a Authorize) (string, error)
	// Redeem turns the answer of a flow into tokens and who they belong to. It refuses with
	// ErrIssuerMissing, ErrIssuer, ErrNonceMissing, ErrCode or ErrIdentity.
	Redeem(ctx context.Context, r Redeem) (Grant, error)
	// Identify says who tokens belong to that Redeem or Refresh gave; ErrIdentity if they
	// are not good any more.
	Identify(ctx context.Context, t linked.Tokens) (Identity, error)
	// Refresh gets new tokens; ErrRefresh if the provider refuses.
	Refresh(ctx context.Context, refresh secret.Text) (Grant, error)
}

// tokenVerifier is a Provider whose id tokens sign in without a flow.
type tokenVerifier interface {
	// VerifyToken says who a posted id token belongs to; ErrToken if it proves nothing.
	VerifyToken(ctx context.Context, posted IDToken) (Identity, error)
}

// Authorize is a request to a provider. What it has to be safe cannot be replaced by Extra.
type Authorize struct {
	State     string
	Nonce     string
	Verifier  string // of PKCE
	Redirect  string
	Scopes    []string // beside those of the settings
	LoginHint string
	Extra     map[string]string
}

// Redeem is what a flow came back with, and what it left behind.
type Redeem struct {
	Code     string
	Issuer   string // the parameter iss, "" if there was none
	Verifier string
	Nonce    string
	Redirect string
}

// Grant is what a provider gave.
type Grant struct {
	Tokens   linked.Tokens
	Scope    []string
	Identity Identity // of Redeem only
}

// Identity is who somebody is in the eyes of a provider. Email is normalised, "" for none.
type Identity struct {
	AccountID     string
	Email         string
	EmailVerified bool // the provider vouches for it
	Name          string
	Image         string
	Profile       json.RawMessage // all that the provider said
}

// IDToken is an id token that a client got by itself.
type IDToken struct {
	Token   string
	Nonce   string // "" if the client gave none
	Access  secret.Text
	Refresh secret.Text
}

// Faults of providers. ErrDown is an outage; the others are refusals. Codes are those that
// the protocol redirects with, in lower case, or answers with.
var (
	ErrDown = fault.New(fault.Unavailable, "PROVIDER_UNAVAILABLE", "The identity provider does not answer. Try again in a moment.").
		WithRetryAfter(5 * time.Second)
	ErrIssuerMissing = fault.New(fault.Denied, "issuer_missing", "")
	ErrIssuer        = fault.New(fault.Denied, "issuer_mismatch", "")
	ErrNonceMissing  = fault.New(fault.Denied, "nonce_binding_missing", "")
	ErrCode          = fault.New(fault.Denied, "invalid_code", "")
	ErrIdentity      = fault.New(fault.Denied, "unable_to_get_user_info", "")
	ErrToken         = fault.New(fault.Unauthenticated, "INVALID_TOKEN", "Invalid token")
	ErrRefresh       = fault.New(fault.Invalid, "FAILED_TO_REFRESH_ACCESS_TOKEN", "Failed to refresh access token")
)

// Client is what a provider knows this installation as.
type Client struct {
	ID     string
	Secret secret.Text
	Scopes []string // instead of the usual ones, if any
	Now    func() time.Time
}

const maxProviderName = 32 // bytes

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// ValidName reports whether a provider can be called so: the name stands in addresses and
// in the names of settings.
func ValidName(name string) bool {
	return len(name) <= maxProviderName && nameForm.MatchString(name) && name != linked.Credential
}

// reserved are the parameters of an authorization request that callers cannot set.
func reserved() []string {
	return []string{"state", "client_id", "redirect_uri", "response_type", "code_challenge", "code_challenge_method", "nonce", "scope"}
}

// dropped are parameters that would put another request in the place of this one (RFC 9101).
func dropped() []string { return []string{"request", "request_uri"} }

// Reserved lists the parameters that no client may add to the request to a provider, in
// the protocol's order.
func Reserved() []string { return reserved() }
