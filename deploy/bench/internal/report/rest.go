package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/round"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/usage"
)

func (r Report) writeHops(b *strings.Builder) {
	b.WriteString("\n## One call between two modules\n\n")
	var table [][]string
	for _, row := range r.Hops {
		cpu := dash
		if row.Metered {
			cpu = number(row.CPU.Seconds() * 1000 / float64(row.Done+row.Failed))
		}
		table = append(table, []string{
			row.Way, strconv.Itoa(row.InFlight), number(row.Rate()), micros(row.P50), micros(row.P99), cpu, strconv.Itoa(row.Failed),
		})
	}
	writeTable(b, 1, []string{"way", "in flight", "calls/s", "p50 us", "p99 us", "CPU s/1000", "failed"}, table)
	b.WriteString("\nCPU is that of all processes of the call, the caller too. Raw is NATS without anything of ours, with the same permissions.\n")
}

func (r Report) writeStart(b *strings.Builder) {
	b.WriteString("\n## Start\n\n")
	var table [][]string
	add := func(what string, times ...time.Duration) {
		if len(times) > 0 {
			table = append(table, []string{what, millis(median(times)), strconv.Itoa(len(times))})
		}
	}
	add("monolith, empty database: migrates", only(r.Cold.First)...)
	add("monolith, existing database", r.Cold.Later...)
	add("monolith, embedded database, first start: makes the cluster", only(r.Embedded.First)...)
	add("monolith, embedded database, later start", r.Embedded.Later...)
	seen := map[string]bool{}
	for _, one := range r.Rounds {
		if !seen[one.Target] {
			seen[one.Target] = true
			add(one.Target+", in the rounds above", r.boots(one.Target)...)
		}
	}
	writeTable(b, 1, []string{"start to first 200", "ms", "starts"}, table)
	if len(r.Binaries) == 0 {
		return
	}
	var sizes []string
	for _, binary := range r.Binaries {
		sizes = append(sizes, fmt.Sprintf("%s %s", binary.Name, mebibytes(binary.Bytes)))
	}
	fmt.Fprintf(b, "\nBinaries in MiB: %s.\n", strings.Join(sizes, ", "))
}

func only(d time.Duration) []time.Duration {
	if d == 0 {
		return nil
	}
	return []time.Duration{d}
}

// boots returns the start times of a system after its first round, which made its schema.
func (r Report) boots(target string) []time.Duration {
	var all []time.Duration
	for _, one := range r.Rounds {
		if one.Target == target {
			all = append(all, one.Boot)
		}
	}
	if len(all) > 1 {
		all = all[1:]
	}
	return all
}

func (r Report) writeMemory(b *strings.Builder) {
	var table [][]string
	seen := map[string]bool{}
	for _, one := range r.Rounds {
		if seen[one.Target] {
			continue
		}
		seen[one.Target] = true
		for _, name := range programs(one.Idle) {
			table = append(table, []string{
				one.Target, name,
				r.resident(one.Target, name, func(x round.Round) usage.Tree { return x.Idle }),
				r.resident(one.Target, name, func(x round.Round) usage.Tree { return x.Loaded }),
			})
		}
	}
	b.WriteString("\n## Resident memory\n\n")
	if len(table) == 0 {
		b.WriteString("Not measured on this system.\n")
		return
	}
	writeTable(b, 2, []string{"system", "process", "idle MiB", "after the load MiB"}, table)
}

// programs names the processes of a system, without the shell that holds it.
func programs(tree usage.Tree) []string {
	var names []string
	for _, process := range tree {
		if process.Name != "sh" && process.Name != "cat" {
			names = append(names, process.Name)
		}
	}
	return names
}

// resident is the median over the rounds.
func (r Report) resident(target, name string, when func(round.Round) usage.Tree) string {
	var values []int64
	for _, one := range r.Rounds {
		if one.Target != target {
			continue
		}
		for _, process := range when(one) {
			if process.Name == name {
				values = append(values, process.Resident)
			}
		}
	}
	if len(values) == 0 {
		return dash
	}
	return mebibytes(median(values))
}
