package linked

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Credential is the provider under which the protocol lists a user's password.
const Credential = "credential"

// Faults of linked accounts, with the protocol's codes.
var (
	ErrLast    = fault.New(fault.Invalid, "FAILED_TO_UNLINK_LAST_ACCOUNT", "You can't unlink your last account")
	ErrUnknown = fault.New(fault.Invalid, "ACCOUNT_NOT_FOUND", "Account not found")
)

// Account is one way in of one user.
type Account struct {
	ID        string // UUID, by which clients name it
	UserID    string
	Provider  string
	AccountID string // the provider's name for the user; the user's own id for a password
	Scope     []string
	Tokens    Tokens // zero in lists
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Tokens are what a provider gave for an account; each may be missing.
type Tokens struct {
	Access, Refresh, ID           secret.Text
	AccessExpires, RefreshExpires *time.Time
}

// Store keeps linked accounts. Reads see the last commit.
type Store interface {
	// InTx runs write in one transaction: all of it is stored, or nothing.
	InTx(ctx context.Context, write func(Tx) error) error
	// List returns the user's ways in, oldest first, without tokens.
	List(ctx context.Context, userID string) ([]Account, error)
	// Find returns one of the user's accounts at providers by its id; ErrUnknown if there
	// is none.
	Find(ctx context.Context, userID, id string) (Account, error)
}

// Tx is what one transaction can write.
type Tx interface {
	account.Tx
	// Hold returns the user's ways in as List does, and keeps them so until the
	// transaction ends.
	Hold(ctx context.Context, userID string) ([]Account, error)
	// FindLinked returns the account that a provider calls so, whosever it is, and keeps it
	// so until the transaction ends; false if nobody has linked it.
	FindLinked(ctx context.Context, provider, accountID string) (Account, bool, error)
	// Link adds an account and reports whether it was free.
	Link(ctx context.Context, a Account) (bool, error)
	// UpdateTokens replaces scope, tokens and the time of the update, and reports whether
	// the account still exists.
	UpdateTokens(ctx context.Context, a Account) (bool, error)
	// Unlink takes away one of the user's ways in.
	Unlink(ctx context.Context, userID, id string) error
}
