package scenario

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
)

// Scenario is one row of the comparison.
type Scenario struct {
	Name string
	// Prepare makes the conversation of one connection.
	Prepare func(ctx context.Context, visitor *Visitor) (load.Script, error)
	// Connections is how many there are, where it is not what the run says.
	Connections int
	// Beside is what other connections do meanwhile, as many again; nil: nothing. CPU time is
	// not told apart then, and not shown.
	Beside func(ctx context.Context, visitor *Visitor) (load.Script, error)
	// Hashes is set where each request makes one password hash as Gatehouse makes it: what
	// that costs alone is measured just before and just after.
	Hashes bool
}

// many is the other number of connections of the table.
const many = 64

// The names of the rows, the same for every system.
const (
	Bare    = "bare handler"
	Session = "get-session by cookie"
	Bearer  = "get-session by bearer token"
	Guarded = "route guarded by a JWT"
	Me      = "profile by a JWT: two look-ups"
	Mint    = "mint a JWT"
	Refresh = "refresh rotation"
	SignIn  = "sign-in"
	SignUp  = "sign-up"

	BareMany    = Bare + ", 64 connections"
	SessionMany = Session + ", 64 connections"
	BearerMany  = Bearer + ", 64 connections"

	SessionStorm = Session + ", beside as many sign-ins"
	GuardedStorm = Guarded + ", beside as many sign-ins"
)

// Names lists the rows in the order of the report, which is also that of the runs: what
// writes comes last.
func Names() []string {
	return []string{Bare, BareMany, Session, SessionMany, Bearer, BearerMany, Guarded, Me, Mint, Refresh, SessionStorm, GuardedStorm, SignIn, SignUp}
}

// OfBare is what the bare handler is asked.
func OfBare() []Scenario {
	return []Scenario{{Name: Bare, Prepare: bare}, {Name: BareMany, Prepare: bare, Connections: many}}
}

// OfGatehouse is what Gatehouse is asked, in every shape.
func OfGatehouse() []Scenario {
	return append(OfReads(), []Scenario{
		{Name: Me, Prepare: profile},
		{Name: Mint, Prepare: mint},
		{Name: Refresh, Prepare: refresh},
		{Name: SessionStorm, Prepare: session, Beside: signIn},
		{Name: GuardedStorm, Prepare: guarded, Beside: signIn},
		{Name: SignIn, Prepare: signIn, Hashes: true},
		{Name: SignUp, Prepare: signUp},
	}...)
}

// OfReads is what Gatehouse is asked about sessions and tokens, with copies and without.
func OfReads() []Scenario {
	return []Scenario{
		{Name: Session, Prepare: session},
		{Name: SessionMany, Prepare: session, Connections: many},
		{Name: Bearer, Prepare: guardedBySession},
		{Name: BearerMany, Prepare: guardedBySession, Connections: many},
		{Name: Guarded, Prepare: guarded},
	}
}

// OfReference is what the reference server is asked. It verifies no JWT of its own, so a
// session as bearer token stands in for that, and its default profile has no refresh tokens.
func OfReference() []Scenario {
	return []Scenario{
		{Name: Session, Prepare: session},
		{Name: SessionMany, Prepare: session, Connections: many},
		{Name: Guarded, Prepare: guardedBySession},
		{Name: Mint, Prepare: mint},
		{Name: SessionStorm, Prepare: session, Beside: signIn},
		{Name: SignIn, Prepare: signIn},
		{Name: SignUp, Prepare: signUp},
	}
}

// OfTuned is what the reference server is asked with its cookie cache on.
func OfTuned() []Scenario {
	return []Scenario{{Name: Session, Prepare: session}, {Name: SessionMany, Prepare: session, Connections: many}}
}

// OfJose is what the server is asked that does nothing but verify JWTs.
func OfJose() []Scenario { return []Scenario{{Name: Guarded, Prepare: guardedByJose}} }
