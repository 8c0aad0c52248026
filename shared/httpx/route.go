package httpx

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"
)

// Limits that apply where a route names none.
const (
	DefaultMaxBody = 64 << 10
	MaxBody        = 512 << 10 // above this a request would not fit the bus
	DefaultTimeout = 10 * time.Second
)

// HandlerFunc serves one route: decode, call one service method, encode. A returned
// error is answered in the route's format and logged by the pipeline.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// Route is one row of a module's route table. All but Handle is data and travels
// to the edge, which enforces it; the module's own pipeline enforces it again.
type Route struct {
	ID      string        `json:"id"`      // names the route on the bus: lower case, digits, '-'
	Method  string        `json:"method"`  // one HTTP method
	Path    string        `json:"path"`    // literal segments and {name} segments
	Guard   Guard         `json:"guard"`   // required
	MaxBody int64         `json:"maxBody"` // bytes; 0: DefaultMaxBody
	Timeout time.Duration `json:"timeout"` // 0: DefaultTimeout
	Rate    string        `json:"rate,omitempty"`
	Errors  Format        `json:"errors"`          // how errors are written
	Paged   bool          `json:"paged,omitempty"` // the edge follows NextHeader and streams all pages
	Doc     Doc           `json:"doc"`
	Handle  HandlerFunc   `json:"-"`
}

// Doc is what the API document says about a route.
type Doc struct {
	Summary  string            `json:"summary"`
	Tag      string            `json:"tag,omitempty"`
	Query    map[string]string `json:"query,omitempty"`    // parameter -> meaning
	Request  *Schema           `json:"request,omitempty"`  // of the JSON body
	Response *Schema           `json:"response,omitempty"` // of the 200 answer
	Produces string            `json:"produces,omitempty"` // media type of the answer; empty: application/json
}

// Guard says who may call a route. Its zero value is invalid.
type Guard struct {
	Level      Level  `json:"level"`
	Permission string `json:"permission,omitempty"`
}

// Level is the kind of a Guard.
type Level string

// The levels.
const (
	LevelPublic        Level = "public"
	LevelAuthenticated Level = "authenticated"
	LevelPermission    Level = "permission"
	LevelModule        Level = "module"
)

// Public lets everybody in.
func Public() Guard { return Guard{Level: LevelPublic} }

// Authenticated lets callers in who proved who they are.
func Authenticated() Guard { return Guard{Level: LevelAuthenticated} }

// Permission lets callers in who hold the permission, such as "audit:read".
func Permission(name string) Guard { return Guard{Level: LevelPermission, Permission: name} }

// Module leaves the check to the module's own pipeline, for protocols that demand
// another order of checks. Credentials pass to it untouched.
func Module() Guard { return Guard{Level: LevelModule} }

func (g Guard) valid() bool {
	switch g.Level {
	case LevelPublic, LevelAuthenticated, LevelModule:
		return g.Permission == ""
	case LevelPermission:
		return g.Permission != ""
	}
	return false
}

var idPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// check reports the first thing wrong with a route.
func (r Route) check() error {
	switch {
	case !idPattern.MatchString(r.ID):
		return fmt.Errorf("route %q: the id must be lower case letters, digits and dashes", r.ID)
	case !verbPattern.MatchString(r.Method):
		return fmt.Errorf("route %s: method %q", r.ID, r.Method)
	case !validPath(r.Path):
		return fmt.Errorf("route %s: path %q", r.ID, r.Path)
	case !r.Guard.valid():
		return fmt.Errorf("route %s: no valid guard: say who may call it", r.ID)
	case r.MaxBody < 0 || r.MaxBody > MaxBody:
		return fmt.Errorf("route %s: body limit %d is not within 0 and %d", r.ID, r.MaxBody, MaxBody)
	case r.Timeout < 0:
		return fmt.Errorf("route %s: timeout %s", r.ID, r.Timeout)
	case !r.Errors.valid():
		return fmt.Errorf("route %s: error format %q", r.ID, r.Errors)
	case r.Doc.Summary == "":
		return fmt.Errorf("route %s: no summary for the API document", r.ID)
	}
	return nil
}

// withDefaults fills in the limits that a route leaves open.
func (r Route) withDefaults() Route {
	if r.MaxBody == 0 {
		r.MaxBody = DefaultMaxBody
	}
	if r.Timeout == 0 {
		r.Timeout = DefaultTimeout
	}
	if r.Errors == "" {
		r.Errors = Problem
	}
	return r
}

// CheckRoutes reports every fault of a route table: malformed rows, a missing guard,
// two rows with one id or in one place (method and path).
func CheckRoutes(routes []Route) error {
	var faults []error
	ids, places := map[string]bool{}, map[string]bool{}
	for _, r := range routes {
		r = r.withDefaults()
		if err := r.check(); err != nil {
			faults = append(faults, err)
		}
		if ids[r.ID] || places[r.place()] {
			faults = append(faults, fmt.Errorf("route %s (%s %s) is in the table twice", r.ID, r.Method, r.Path))
		}
		ids[r.ID], places[r.place()] = true, true
	}
	return errors.Join(faults...)
}
