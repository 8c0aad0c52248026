package report_test

import (
	"errors"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/boot"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/hop"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/report"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/round"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/scenario"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/usage"
)

var update = flag.Bool("update", false, "write the golden files")

const ms = time.Millisecond

// row is a scenario whose figures all grow with n.
func row(name, target string, n int, metered bool) round.Row {
	took := time.Duration(n) * ms
	return round.Row{
		Scenario: name, Target: target, Metered: metered, Server: 20 * took, Database: 10 * took,
		Result: load.Result{Done: 1000 - n, Failed: n, Elapsed: time.Second, P50: took, P99: 3 * took},
	}
}

// rounds has three rounds of two systems, the slowest one first.
func rounds(metered bool) []round.Round {
	var all []round.Round
	for _, n := range []int{9, 1, 3} {
		signIn := row(scenario.SignIn, "ours", 2*n, metered)
		var idle, loaded usage.Tree
		if metered {
			signIn.Hash = time.Duration(n) * 10 * time.Microsecond
			idle = usage.Tree{{Name: "sh", Resident: 1 << 20}, {Name: "gatehouse", Resident: int64(n) << 20}}
			loaded = usage.Tree{{Name: "sh", Resident: 1 << 20}, {Name: "gatehouse", Resident: int64(n) << 24}}
		}
		all = append(all,
			round.Round{Target: "floor", Boot: 5 * ms, Rows: []round.Row{row(scenario.Bare, "floor", 1, metered)}},
			round.Round{Target: "ours", Boot: time.Duration(n) * 10 * ms, Idle: idle, Loaded: loaded, Rows: []round.Row{
				row(scenario.Session, "ours", n, metered), signIn,
			}})
	}
	return all
}

func TestReport_IsReadable(t *testing.T) {
	t.Parallel()
	golden(t, "testdata/full.md", report.Report{
		Machine: "2 cores", Connections: 16, Rounds: rounds(true),
		Hops: []hop.Row{{
			Way: "direct", InFlight: 1, Metered: true, CPU: 500 * ms,
			Result: load.Result{Done: 500_000, Elapsed: time.Second, P50: 800 * time.Nanosecond, P99: 12 * time.Microsecond},
		}},
		Cold:     boot.Times{First: 900 * ms, Later: []time.Duration{80 * ms, 60 * ms, 70 * ms}},
		Embedded: boot.Times{First: 4 * time.Second, Later: []time.Duration{500 * ms}},
		Binaries: []boot.Binary{{Name: "gatehouse", Bytes: 33 << 20}, {Name: "audit", Bytes: 28 << 20}},
	})
}

func TestReport_SaysWhatIsMissingAndWhatFailed(t *testing.T) {
	t.Parallel()
	all := rounds(false)
	all[1].Rows[1].Failure = errors.New("unexpected answer: status 503")
	golden(t, "testdata/partial.md", report.Report{
		Machine: "a machine without /proc", Connections: 4, Rounds: all, Quick: true,
		Hops:  []hop.Row{{Way: "direct", InFlight: 1, Result: load.Result{Done: 10, Elapsed: time.Second}}},
		Notes: []string{"The rows of the reference server: it is not here."},
	})
}

func golden(t *testing.T, file string, r report.Report) {
	t.Helper()
	got := r.Markdown(scenario.Names())
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), -update writes it:\n%s", file, diff)
	}
}
