package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
)

// settings are what a run can be told.
type settings struct {
	Quick       bool
	Connections int
	Rounds      int
	Measured    time.Duration
	Starts      int
	Binaries    string
	Reference   string
	Output      string
	Only        []string // steps; empty: all
}

// wants reports whether the run includes a step.
func (s settings) wants(step string) bool { return len(s.Only) == 0 || slices.Contains(s.Only, step) }

// steps are what BENCH_ONLY can name.
func steps() []string { return []string{"hops", "embedded", "systems", "flat", "held"} }

const (
	mostRequests = 2_000_000 // of one measurement; the latencies of all are kept
	warmShare    = 5         // the warm-up is this part of the measured time
	mostSeconds  = 200       // an access token, which a scenario takes at its beginning, lives for 300
)

// read takes the settings from variables and arguments.
func read(variable func(string) string, args []string) (settings, error) {
	s := settings{
		Quick: variable("BENCH_QUICK") == "1", Connections: 16, Rounds: 3, Measured: 3 * time.Second, Starts: 7,
		Binaries: orElse(variable("BENCH_BIN"), "bin"), Reference: orElse(variable("REFERENCE_SERVER"), "../shared/reference-server"), Output: "bin",
	}
	if only := variable("BENCH_ONLY"); only != "" {
		s.Only = strings.Split(only, ",")
		for _, step := range s.Only {
			if !slices.Contains(steps(), step) {
				return settings{}, fmt.Errorf("BENCH_ONLY names %q: the steps are %s", step, strings.Join(steps(), ", "))
			}
		}
	}
	if len(args) > 1 {
		return settings{}, fmt.Errorf("%d arguments given: only the output folder is one", len(args))
	}
	if len(args) == 1 {
		s.Output = args[0]
	}
	if s.Quick {
		s.Connections, s.Rounds, s.Measured, s.Starts = 4, 1, 200*time.Millisecond, 1
	}
	seconds := 0
	for _, number := range []struct {
		name string
		to   *int
		most int
	}{{"BENCH_CONNECTIONS", &s.Connections, 256}, {"BENCH_ROUNDS", &s.Rounds, 100}, {"BENCH_SECONDS", &seconds, mostSeconds}} {
		text := variable(number.name)
		if text == "" {
			continue
		}
		value, err := strconv.Atoi(text)
		if err != nil || value < 1 || value > number.most {
			return settings{}, fmt.Errorf("%s is %q: give a number from 1 to %d", number.name, text, number.most)
		}
		*number.to = value
	}
	if seconds > 0 {
		s.Measured = time.Duration(seconds) * time.Second
	}
	return s, nil
}

func orElse(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

func (s settings) measured() load.Bounds { return load.Bounds{For: s.Measured, Most: mostRequests} }

func (s settings) warm() load.Bounds {
	return load.Bounds{For: s.Measured / warmShare, Most: mostRequests}
}

// limit bounds the whole run: some thirty rows of all systems, as much again for starts and
// pauses, and the table with millions of sessions.
func (s settings) limit() time.Duration {
	return 20*time.Minute + time.Duration(s.Rounds)*30*(2*s.Measured+10*time.Second)
}
