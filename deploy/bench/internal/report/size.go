package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
)

// Size is one run of get-session over a table with so many sessions, none kept in memory.
type Size struct {
	Sessions int
	load.Result
}

// Held is what a system holds that keeps copies of so many sessions.
type Held struct {
	Sessions int
	Resident int64 // bytes
	load.Result
}

func (r Report) writeSize(b *strings.Builder) {
	if len(r.Flat) == 0 && r.Held.Sessions == 0 {
		return
	}
	b.WriteString("\n## Many sessions\n\n")
	var table [][]string
	for _, n := range r.sizes() {
		var p50, p99 []time.Duration
		var rate []float64
		failed := 0
		for _, one := range r.Flat {
			if one.Sessions == n {
				p50, p99, rate, failed = append(p50, one.P50), append(p99, one.P99), append(rate, one.Rate()), failed+one.Failed
			}
		}
		table = append(table, []string{
			"any session of the table, none kept in memory", strconv.Itoa(n), number(median(rate)), millis(median(p50)), millis(median(p99)), dash, strconv.Itoa(failed),
		})
	}
	if h := r.Held; h.Sessions > 0 {
		table = append(table, []string{
			"any session, all kept in memory, 64 connections", strconv.Itoa(h.Sessions), number(h.Rate()), millis(h.P50), millis(h.P99), mebibytes(h.Resident), strconv.Itoa(h.Failed),
		})
	}
	writeTable(b, 1, []string{"get-session", "sessions", "requests/s", "p50 ms", "p99 ms", "resident MiB", "failed"}, table)
	if sizes := r.sizes(); len(sizes) == 2 {
		fmt.Fprintf(b, "\nMedians of %d runs.\n", len(r.Flat)/2)
	}
}

func (r Report) sizes() []int {
	var sizes []int
	for _, one := range r.Flat {
		if !slices.Contains(sizes, one.Sessions) {
			sizes = append(sizes, one.Sessions)
		}
	}
	return sizes
}
