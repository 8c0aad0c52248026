package authapi

import (
	"encoding/json"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// Service is the name of the module on the bus and in the graph.
const Service = "authsvc"

// ErrUnauthenticated means that the credentials prove nothing: absent, malformed,
// expired, revoked, or of a user who is gone or banned. It never says which.
var ErrUnauthenticated = fault.New(fault.Unauthenticated, "authsvc.unauthenticated", "Sign in first.")

// Authenticate resolves the credentials of a request, as they came, to the session they
// prove. ErrUnauthenticated if they prove none. It never extends a session.
var Authenticate = rpc.Method[AuthenticateIn, AuthenticateOut]{
	Service: Service, Name: "authenticate", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// AuthenticateIn carries the headers of a request that may hold credentials.
type AuthenticateIn struct {
	Cookie        string `json:"cookie"`        // the Cookie header
	Authorization string `json:"authorization"` // the Authorization header

	Anew bool `json:"anew"` // look it up, although there may be a copy
}

// AuthenticateOut is the session behind the credentials.
type AuthenticateOut struct {
	UserID    string    `json:"user_id"`
	SessionID string    `json:"session_id"`
	Roles     []string  `json:"roles"`
	AMR       []string  `json:"amr"` // RFC 8176
	AuthTime  time.Time `json:"auth_time"`
	ExpiresAt time.Time `json:"expires_at"`

	Actor string `json:"actor"` // who has opened the session as the user, "" for the user

	Epoch         int64 `json:"epoch"`          // this module's number, from before it was looked up
	IdentityEpoch int64 `json:"identity_epoch"` // identity's number, likewise
}

// SigningKeys returns the public keys that verify access tokens now, including one
// that will sign soon and those whose tokens may still live.
var SigningKeys = rpc.Method[SigningKeysIn, SigningKeysOut]{
	Service: Service, Name: "signing_keys", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// SigningKeysIn is empty.
type SigningKeysIn struct{}

// SigningKeysOut holds a JWK Set (RFC 7517, section 5).
type SigningKeysOut struct {
	JWKS json.RawMessage `json:"jwks"`
}

// Epochs tells what changed, to who keeps copies of sessions or verifies tokens.
var Epochs = epoch.Method(Service)

// Scopes of what changed, beside epoch.ScopeAll. A token ends when something newer than its
// number stands at its session, its key or all; a copy of a look-up also when it does at
// the view of its session or user.
const (
	ScopeSession = "session" // the session has ended, or a family of its tokens
	ScopeKey     = "key"     // the signing key has been taken away
	ScopeView    = "view"    // what is shown of a session or a user, whose id is the key
)

// Events is the feed of everything that happens in the module.
var Events = events.FeedMethod(Service)

// Types of the module's events. The key of each is the user's id, or empty when a failed
// attempt belongs to nobody.
const (
	EventSignedUp               = "authsvc.signed_up.v1"
	EventSignedIn               = "authsvc.signed_in.v1"
	EventSignInFailed           = "authsvc.sign_in_failed.v1"
	EventSignedOut              = "authsvc.signed_out.v1"
	EventSessionRevoked         = "authsvc.session_revoked.v1"
	EventVerificationMailSent   = "authsvc.verification_mail_requested.v1"
	EventPasswordResetRequested = "authsvc.password_reset_requested.v1"
	EventPasswordReset          = "authsvc.password_reset.v1"
	EventCodeRequested          = "authsvc.code_requested.v1"
	EventCodeRefused            = "authsvc.code_refused.v1"
	EventCodeUsed               = "authsvc.code_used.v1"
	EventMagicLinkRequested     = "authsvc.magic_link_requested.v1"
	EventAccountClaimed         = "authsvc.account_claimed.v1"
	EventTokenIssued            = "authsvc.token_issued.v1"
	EventTokenRefreshed         = "authsvc.token_refreshed.v1"
	EventTokenReused            = "authsvc.refresh_token_reused.v1"
	EventTokenRevoked           = "authsvc.token_revoked.v1"
	EventTwoFactorAsked         = "authsvc.two_factor_asked.v1"
	EventTwoFactorPassed        = "authsvc.two_factor_passed.v1"
	EventTwoFactorFailed        = "authsvc.two_factor_failed.v1"
	EventTwoFactorStarted       = "authsvc.two_factor_enrolment_started.v1"
	EventTwoFactorEnabled       = "authsvc.two_factor_enabled.v1"
	EventTwoFactorDisabled      = "authsvc.two_factor_disabled.v1"
	EventTwoFactorCodeSent      = "authsvc.two_factor_code_requested.v1"
	EventBackupCodesMade        = "authsvc.backup_codes_made.v1"
	EventBackupCodeUsed         = "authsvc.backup_code_used.v1"
	EventDeviceTrusted          = "authsvc.device_trusted.v1"
	EventSigningKeyRotated      = "authsvc.signing_key_rotated.v1"
	EventPasswordChanged        = "authsvc.password_changed.v1"
	EventPasswordRefused        = "authsvc.password_refused.v1"
	EventEmailChangeRequested   = "authsvc.email_change_requested.v1"
	EventEmailChangeApproved    = "authsvc.email_change_approved.v1"
	EventEmailChanged           = "authsvc.email_changed.v1"
	EventDeletionRequested      = "authsvc.deletion_requested.v1"
	EventImpersonationStarted   = "authsvc.impersonation_started.v1" // Actor: who acts as the user
	EventImpersonationEnded     = "authsvc.impersonation_ended.v1"
	EventPasswordSet            = "authsvc.password_set.v1"          // by an administrator
	EventAdminDenied            = "authsvc.administration_denied.v1" // the key is who tried
	EventAccountDeleted         = "authsvc.account_deleted.v1"
	EventOneTimeTokenIssued     = "authsvc.one_time_token_issued.v1"
	EventOneTimeTokenUsed       = "authsvc.one_time_token_used.v1"
	EventAlertSent              = "authsvc.alert_sent.v1"
	EventDisowned               = "authsvc.disowned.v1"
	EventAccountUnlinked        = "authsvc.account_unlinked.v1"
	EventAccountLinked          = "authsvc.account_linked.v1"
	EventProviderTokenRefreshed = "authsvc.provider_token_refreshed.v1"
)

// Methods lists what the module must serve; a missing handler stops the start.
func Methods() []rpc.Desc {
	return []rpc.Desc{Authenticate.Desc(), SigningKeys.Desc(), Epochs.Desc(), Events.Desc()}
}
