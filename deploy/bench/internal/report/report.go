package report

import (
	"fmt"
	"strings"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/boot"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/hop"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/round"
)

// Report is everything that one run of the benchmark found.
type Report struct {
	Machine     string
	Connections int
	Rounds      []round.Round
	Hops        []hop.Row
	Cold        boot.Times // monolith on a database that is there
	Embedded    boot.Times // monolith with its own database
	Binaries    []boot.Binary
	Notes       []string // what was left out, and why
	Quick       bool
	Flat        []Size
	Held        Held
}

// Markdown writes the report. The order of rows is that of the rounds and of scenarios.
func (r Report) Markdown(scenarios []string) string {
	var b strings.Builder
	b.WriteString("# Benchmark\n\n" + r.Machine + ".\n\n")
	if r.Quick {
		b.WriteString("**A quick run: it shows that the benchmark works. Its figures say nothing.**\n\n")
	}
	r.writeRequests(&b, scenarios)
	r.writeHops(&b)
	r.writeStart(&b)
	r.writeMemory(&b)
	r.writeSize(&b)
	writeList(&b, "Failures", r.failures())
	writeList(&b, "Left out", r.Notes)
	return b.String()
}

// failures shows the first failure of each row that has any.
func (r Report) failures() []string {
	var list []string
	for _, one := range r.Rounds {
		for _, row := range one.Rows {
			if row.Failure != nil {
				list = append(list, fmt.Sprintf("%s, %s: %d of %d, the first: %v", row.Scenario, row.Target, row.Failed, row.Done+row.Failed, row.Failure))
			}
		}
	}
	return list
}

func writeList(b *strings.Builder, title string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n", title)
	for _, item := range items {
		fmt.Fprintf(b, "- %s\n", item)
	}
}

// writeTable writes a Markdown table; all columns but the first `left` are aligned right.
func writeTable(b *strings.Builder, left int, header []string, rows [][]string) {
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(header)
	rule := make([]string, len(header))
	for i := range rule {
		rule[i] = "---"
		if i >= left {
			rule[i] = "---:"
		}
	}
	line(rule)
	for _, row := range rows {
		line(row)
	}
}
