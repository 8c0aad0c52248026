package kit

import (
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// Prefix is what the names of all settings begin with.
const Prefix = "GATEHOUSE"

// Program is a set of modules compiled into one binary.
type Program struct {
	Name     string    // of the binary
	Specs    []Spec    // in the order of start; the edge last
	Graph    rpc.Graph // who may call whom, in the whole system
	Commands []Command // beside serve, config, health and version
}

// Wiring is how modules of one process reach each other. Settings cannot choose it:
// it exists so that tests run the same system in every shape.
type Wiring int

// The wirings.
const (
	Direct Wiring = iota // plain calls; what ships
	Codec                // calls encoded and decoded, idempotent ones made twice
	Bus                  // over an embedded bus in the process, with real permissions
)

// Options are what a start needs besides settings.
type Options struct {
	Environ map[string]string // the settings, GATEHOUSE_NAME -> value
	Log     zerolog.Logger
	Now     func() time.Time // the clock; nil: time.Now
	Wiring  Wiring
	// Alone is for a command beside a system that may be running: no listener, no loops,
	// no bus, and an embedded database that another process runs is shared with it.
	Alone bool
}

// absent lists the services of the graph that the given specs do not cover.
func (p Program) absent(here []Spec) []string {
	have := map[string]bool{}
	for _, spec := range here {
		have[spec.Name] = true
	}
	var missing []string
	for _, name := range services(p.Graph) {
		if !have[name] {
			missing = append(missing, name)
		}
	}
	return missing
}
