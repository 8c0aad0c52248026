package social

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// Refusals, with the codes that the protocol redirects with; their messages are what it
// answers where there is nothing to redirect.
var (
	ErrProviderUnknown = fault.New(fault.NotFound, "PROVIDER_NOT_FOUND", "Provider not found")
	ErrNoIDToken       = fault.New(fault.NotFound, "ID_TOKEN_NOT_SUPPORTED", "id_token not supported")
	ErrEmail           = fault.New(fault.Unauthenticated, "email_not_found", "User email not found")
	ErrNotLinked       = fault.New(fault.Unauthenticated, "account_not_linked", "account not linked")
	ErrUnlinkable      = fault.New(fault.Unauthenticated, "unable_to_link_account", "unable to link account")
	ErrCreateUser      = fault.New(fault.Unauthenticated, "unable_to_create_user", "unable to create user")
	ErrOtherEmail      = fault.New(fault.Unauthenticated, "email_does_not_match", "different emails not allowed")
	ErrOtherUser       = fault.New(fault.Conflict, "account_already_linked_to_different_user", "Social account already linked")
	ErrNotVouched      = fault.New(fault.Unauthenticated, "unable_to_link_account", "linking not allowed")
)

// Refused reports whether somebody was not let in, or not linked, for a reason that lies in
// their accounts.
func Refused(err error) bool {
	for _, refusal := range []error{ErrEmail, ErrNotLinked, ErrUnlinkable, ErrCreateUser, ErrOtherEmail, ErrOtherUser, ErrNotVouched} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// Store keeps flows, and the accounts that they link. Reads see the last commit.
type Store interface {
	// InTx runs write in one transaction: all of it is stored, or nothing.
	InTx(ctx context.Context, write func(Tx) error) error
	// FindFlow returns a flow that could be used at now, without using it.
	FindFlow(ctx context.Context, state [32]byte, now time.Time) (Flow, bool, error)
	// FindLinked returns the account that a provider calls so, whosever it is.
	FindLinked(ctx context.Context, provider, accountID string) (linked.Account, bool, error)
	// List returns the user's ways in, the password included, without tokens.
	List(ctx context.Context, userID string) ([]linked.Account, error)
	// Find returns one of the user's accounts at providers by its id; linked.ErrUnknown if
	// there is none.
	Find(ctx context.Context, userID, id string) (linked.Account, error)
}

// Tx is what one transaction can write.
type Tx interface {
	linked.Tx
	// CreateFlow stores a flow under the hash of its state.
	CreateFlow(ctx context.Context, state [32]byte, f Flow, expires time.Time) error
	// UseFlow consumes a flow; false if there is none that can be used at now.
	UseFlow(ctx context.Context, state [32]byte, now time.Time) (Flow, bool, error)
}

// Config is what the Service stands on. All fields are required; there may be no provider.
type Config struct {
	Store     Store
	Accounts  *account.Service
	Call      rpc.Caller // reaches identity
	Providers map[string]Provider
	Callback  string // public URL below which providers send people back
	Now       func() time.Time
}

// Service runs the use cases. It is safe for concurrent use.
type Service struct {
	Config
	refreshing *singleflight.Group
}

// New returns a Service.
func New(c Config) *Service { return &Service{c, &singleflight.Group{}} }
