package account

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/device"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// Faults of the use cases. Codes and messages are the protocol's.
var (
	ErrCredentials      = fault.New(fault.Unauthenticated, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password")
	ErrUserExists       = fault.New(fault.Conflict, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", "User already exists. Use another email.")
	ErrEmailNotVerified = fault.New(fault.Denied, "EMAIL_NOT_VERIFIED", "Email not verified")
	ErrBanned           = fault.New(fault.Denied, "BANNED_USER",
		"You have been banned from this application. Please contact support if you believe this is an error.")
	ErrUnauthorized    = fault.New(fault.Unauthenticated, "UNAUTHORIZED", "Unauthorized")
	ErrEmailMismatch   = fault.New(fault.Invalid, "EMAIL_MISMATCH", "Email mismatch")
	ErrAlreadyVerified = fault.New(fault.Invalid, "EMAIL_ALREADY_VERIFIED", "Email is already verified")
	ErrInvalidToken    = fault.New(fault.Invalid, "INVALID_TOKEN", "Invalid token")
	ErrUserNotFound    = fault.New(fault.Invalid, "USER_NOT_FOUND", "User not found")
)

// Store keeps what the use cases write. Reads see the last commit.
type Store interface {
	// InTx runs write in one transaction: all of it is stored, or nothing.
	InTx(ctx context.Context, write func(Tx) error) error
	// FindPassword returns the stored hash of the user's password, "" if there is none.
	FindPassword(ctx context.Context, userID string) (string, error)
	// FindSession returns the session with the hash, live or not, and whether its user is
	// asked for a second factor; ErrUnauthorized if there is none.
	FindSession(ctx context.Context, hash session.Hash) (found session.Session, enrolled bool, err error)
	// ListSessions returns the user's sessions that live at now, oldest first.
	ListSessions(ctx context.Context, userID string, now time.Time) ([]session.Session, error)
	// ChangePending reports whether a proof of a change of address counts at now.
	ChangePending(ctx context.Context, hash [32]byte, now time.Time) (bool, error)
	// ListRemovals returns deletions that were begun before then and are not finished.
	ListRemovals(ctx context.Context, before time.Time) ([]Removal, error)
	// FindStored returns what is known before somebody's password is checked: the stored hash,
	// "" if there is none; whether the user knows the browser; and how long no guess counts,
	// of those from there if it is known, else of those from anywhere else.
	FindStored(ctx context.Context, q StoredQuery) (Stored, error)
	// GuessPause returns how long no guess of this kind counts, 0 for not at all.
	GuessPause(ctx context.Context, g throttle.Guess) (time.Duration, error)
	// ListEnrolled returns those of the users who are asked for a second factor.
	ListEnrolled(ctx context.Context, userIDs ...string) (map[string]bool, error)
	// FindReset returns what a reset token stands for, ErrInvalidToken if it cannot be used
	// at now.
	FindReset(ctx context.Context, hash [32]byte, now time.Time) (Reset, error)
	// KnowsDevice reports whether the user has signed in with a device before.
	KnowsDevice(ctx context.Context, userID string, mark device.Mark) (bool, error)
	// FindAlarm returns what the link of a security mail stands for, ErrInvalidToken if it
	// does not work at now.
	FindAlarm(ctx context.Context, hash [32]byte, now time.Time) (Alarm, error)
}

// Tx is what one transaction can write.
type Tx interface {
	watch
	door
	// SetPassword stores a new password, and takes back what the old one was good for: half
	// sign-ins, and the trust in browsers.
	SetPassword(ctx context.Context, userID, hash string) error
	// KeepPassword reports whether the stored hash still is this one, and keeps it so until
	// the transaction ends.
	KeepPassword(ctx context.Context, userID, hash string) (bool, error)
	// ReplacePassword stores hash if the stored one still is old, and reports that.
	ReplacePassword(ctx context.Context, userID, old, hash string) (bool, error)
	// DeletePassword removes the password of a user who never came to exist.
	DeletePassword(ctx context.Context, userID string) error
	CreateSession(ctx context.Context, s session.Session) error
	// Admit is CreateSession, MeetDevice and AddEvent at once.
	Admit(ctx context.Context, a Admission) (Acquaintance, error)
	// HoldProof is PassGuess, KeepPassword and FindEnrolled at once. They follow each other:
	// what is enrolled is read when the password is kept.
	HoldProof(ctx context.Context, userID, hash string, g throttle.Guess) (Held, error)
	// ExtendSession moves the end of a session and reports whether it still exists.
	ExtendSession(ctx context.Context, id string, updated, expires time.Time) (bool, error)
	// DeleteSessions ends what the selection names and returns it.
	DeleteSessions(ctx context.Context, which session.Selection) ([]session.Session, error)
	// DeleteImpersonations ends the sessions that a user has opened as somebody else.
	DeleteImpersonations(ctx context.Context, impersonator string) ([]session.Session, error)
	CreateReset(ctx context.Context, hash [32]byte, r Reset, expires time.Time) error
	// UseReset consumes a reset token, and with it all others of its user. It returns
	// whose it was, ErrInvalidToken if it cannot be used at now.
	UseReset(ctx context.Context, hash [32]byte, now time.Time) (userID string, err error)
	// DeleteResets ends all reset tokens of the user, and changes of address under way.
	DeleteResets(ctx context.Context, userID string) error
	// UseProof consumes a mailed proof that expires then, and reports whether it was unused.
	UseProof(ctx context.Context, hash [32]byte, expires time.Time) (bool, error)
	// CountGuess counts a wrong guess, unless there is a pause: then it returns that, and
	// the guess must tell nothing. One statement decides, so that parallel guesses do not pass.
	CountGuess(ctx context.Context, g throttle.Guess) (time.Duration, error)
	// PassGuess forgets wrong guesses after a right one, unless there is a pause: then it
	// returns that, and the guess must tell nothing.
	PassGuess(ctx context.Context, g throttle.Guess) (time.Duration, error)
	// ForgetGuesses forgets wrong guesses, pause or not: the owner has proved to be here.
	ForgetGuesses(ctx context.Context, g throttle.Guess) error
	removals
	deletions
	changes
	links
	AddEvent(ctx context.Context, ev events.Event) error
	AddMail(ctx context.Context, m mail.Message) error
}

// Config is what the Service stands on. All fields but the switches are required.
type Config struct {
	Store               Store
	Call                rpc.Caller // reaches identity
	Passwords           *password.Hasher
	Site                []string    // words that everybody knows of this installation, for Suits
	Mint                *token.Mail // verification tokens
	Notices             *notice.Writer
	Guesses             *throttle.Guesses
	Now                 func() time.Time
	Copies              *Copies     // nil: none
	Users               *UserCopies // nil: none; those of Copies
	RequireVerification bool        // no sign-in before the address is confirmed
	ApproveChanges      bool        // another address is approved from the one that is confirmed
	ConfirmDeletions    bool        // users delete themselves by a mailed link only
	LimitMembers        bool        // limits how many taken addresses a caller may find at sign-up
}

// Service runs the use cases. It is safe for concurrent use.
type Service struct{ Config }

// New returns a Service.
func New(c Config) *Service { return &Service{c} }

// Origin says where and how a request comes from.
type Origin struct {
	IP        string // empty if unknown
	UserAgent string
	Remember  bool   // the session outlives the browser
	Device    string // by which a browser shows that its user trusts it, empty if it does not
	Locale    string // the language that the browser prefers (BCP 47); empty: it says none
	Browser   string // the id that it is known by (KnownDevice); empty: it is no browser
	Actor     string // who acts as the user, if it is not the user
}

// SignedIn is a session with its user. Token is the secret of a new session, else empty.
// Where a second factor is asked for, Asked stands instead of the session.
type SignedIn struct {
	Session session.Session
	User    User
	Token   string
	Asked   *Asked
	Device  string // the next id of a trusted browser, empty for none

	Stamp Stamp // of a session that was looked up
	Copy  Copy  // which copy it is; zero: none is kept
}
