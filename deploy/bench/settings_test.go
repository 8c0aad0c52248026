package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func variables(pairs ...string) func(string) string {
	return func(name string) string {
		for _, pair := range pairs {
			if key, value, _ := strings.Cut(pair, "="); key == name {
				return value
			}
		}
		return ""
	}
}

func TestRead_TakesSettings(t *testing.T) {
	t.Parallel()
	standard := settings{
		Connections: 16, Rounds: 3, Measured: 3 * time.Second, Starts: 7,
		Binaries: "bin", Reference: "../shared/reference-server", Output: "bin",
	}
	for _, c := range []struct {
		name      string
		variables []string
		args      []string
		change    func(*settings)
	}{
		{"has defaults", nil, nil, func(*settings) {}},
		{"takes an output folder", nil, []string{"out"}, func(s *settings) { s.Output = "out" }},
		{"is quick on request", []string{"BENCH_QUICK=1"}, nil, func(s *settings) {
			s.Quick, s.Connections, s.Rounds, s.Measured, s.Starts = true, 4, 1, 200*time.Millisecond, 1
		}},
		{
			"takes every variable",
			[]string{"BENCH_CONNECTIONS=64", "BENCH_ROUNDS=5", "BENCH_SECONDS=10", "BENCH_BIN=b", "REFERENCE_SERVER=r"},
			nil,
			func(s *settings) {
				s.Connections, s.Rounds, s.Measured, s.Binaries, s.Reference = 64, 5, 10*time.Second, "b", "r"
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := standard
			c.change(&want)
			got, err := read(variables(c.variables...), c.args)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestRead_RefusesNonsense(t *testing.T) {
	t.Parallel()
	for _, pair := range []string{"BENCH_CONNECTIONS=0", "BENCH_CONNECTIONS=many", "BENCH_ROUNDS=-1", "BENCH_SECONDS=1.5", "BENCH_SECONDS=100000"} {
		name, _, _ := strings.Cut(pair, "=")
		if _, err := read(variables(pair), nil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want an error that names it", pair, err)
		}
	}
	if _, err := read(variables(), []string{"a", "b"}); err == nil {
		t.Error("two output folders were accepted")
	}
}
