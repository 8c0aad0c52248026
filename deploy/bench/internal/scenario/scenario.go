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
}

// The names of the rows, the same for every system.
const (
	Bare    = "bare handler"
	Session = "get-session by cookie"
	Guarded = "route guarded by a JWT"
	Mint    = "mint a JWT"
	Refresh = "refresh rotation"
	SignIn  = "sign-in"
	SignUp  = "sign-up"
)

// Names lists the rows in the order of the report, which is also that of the runs: what
// writes comes last.
func Names() []string {
	return []string{Bare, Session, Guarded, Mint, Refresh, SignIn, SignUp}
}

// OfBare is what the bare handler is asked.
func OfBare() []Scenario { return []Scenario{{Bare, bare}} }

// OfGatehouse is what Gatehouse is asked, in every shape.
func OfGatehouse() []Scenario {
	return []Scenario{{Session, session}, {Guarded, guarded}, {Mint, mint}, {Refresh, refresh}, {SignIn, signIn}, {SignUp, signUp}}
}

// OfReference is what the reference server is asked. It verifies no JWT of its own, so a
// session as bearer token stands in for that, and its default profile has no refresh tokens.
func OfReference() []Scenario {
	return []Scenario{{Session, session}, {Guarded, guardedBySession}, {Mint, mint}, {SignIn, signIn}, {SignUp, signUp}}
}
