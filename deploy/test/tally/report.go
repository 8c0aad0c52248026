package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// event is what test2json writes (go doc test2json).
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// marker is how a test says something that is worth a line although it passed.
const marker = "summary: "

// report prints while it reads.
type report struct {
	out      io.Writer
	said     map[event]*strings.Builder // of tests that still run, by package and name
	packages int
	passed   int
	failed   int
	skipped  []string
	broken   bool // a package failed, if only to build
}

func newReport(out io.Writer) *report {
	return &report{out: out, said: map[event]*strings.Builder{}}
}

func (r *report) read(in io.Reader) error {
	decoder := json.NewDecoder(in)
	for {
		var e event
		err := decoder.Decode(&e)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read test events: %w", err)
		}
		r.take(e)
	}
}

func (r *report) take(e event) {
	who := event{Package: e.Package, Test: e.Test}
	switch e.Action {
	case "build-output":
		r.print(e.Output)
	case "build-fail":
		r.broken = true
	case "output":
		r.output(who, e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.endPackage(who, e.Action)
		} else {
			r.endTest(who, e.Action)
		}
	}
}

func (r *report) output(who event, text string) {
	if who.Test != "" {
		if _, said, marked := strings.Cut(text, marker); marked {
			r.print("    " + said)
		}
	}
	if r.said[who] == nil {
		r.said[who] = &strings.Builder{}
	}
	r.said[who].WriteString(text)
}

func (r *report) endTest(who event, result string) {
	switch result {
	case "pass":
		r.passed++
	case "skip":
		r.skipped = append(r.skipped, who.Package+" "+who.Test)
	case "fail":
		r.failed++
		r.print(r.saidBy(who))
	}
	delete(r.said, who)
}

// endPackage prints the usual line of a package. When one fails, tests that never ended are
// why, and what they said is shown too.
func (r *report) endPackage(who event, result string) {
	if result == "fail" {
		r.broken = true
		for running := range r.said {
			if running.Package == who.Package && running.Test != "" {
				r.print(r.saidBy(running))
				delete(r.said, running)
			}
		}
	}
	text := r.saidBy(who)
	delete(r.said, who)
	if result == "skip" { // no test files
		return
	}
	r.packages++
	if result == "fail" {
		r.print(text)
		return
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "ok") {
			r.print(line)
		}
	}
}

func (r *report) saidBy(who event) string {
	if said := r.said[who]; said != nil {
		return said.String()
	}
	return ""
}

func (r *report) print(text string) { _, _ = io.WriteString(r.out, text) }

// close prints the closing line and reports whether everything passed. Nothing to report
// is a failure too: something was meant to run.
func (r *report) close() bool {
	for _, name := range r.skipped {
		fmt.Fprintf(r.out, "skipped: %s\n", name)
	}
	fmt.Fprintf(r.out, "tests and subtests: %d passed, %d failed, %d skipped, in %d packages\n",
		r.passed, r.failed, len(r.skipped), r.packages)
	return !r.broken && r.failed == 0 && r.passed > 0
}
