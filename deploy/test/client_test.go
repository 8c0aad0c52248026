package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// TestClient lets the official client drive the product in one process and in four, under
// each profile of settings, and compares every answer with that of the reference server
// under the same settings. See client/README.md.
func TestClient(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs PostgreSQL; -short leaves it out")
	}
	c := &client{copy: t.TempDir()}
	c.install(t)
	profiles := c.profiles(t)
	for _, name := range slices.Sorted(maps.Keys(profiles)) { // one after another: they share the machine
		t.Run(name, func(t *testing.T) { c.compare(t, name, profiles[name]) })
	}
	t.Logf("summary: client cases: %d, equal: %d, different on purpose: %d, different: %d",
		c.cases, c.equal, c.onPurpose, c.different)
}

// client runs the comparison of client/ and counts what it says.
type client struct {
	copy string // folder of the reference server's copy, which all profiles share

	cases, equal, onPurpose, different int
}

// install installs the npm package that setup.sh installs otherwise.
func (c *client) install(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("client/node_modules"); err == nil {
		return
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund")
	install.Dir = "client"
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("install the official client: %v\n%s", err, out)
	}
}

// profiles returns the settings of every profile that has cases.
func (c *client) profiles(t *testing.T) map[string]map[string]string {
	t.Helper()
	raw, err := os.ReadFile("client/profiles.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]struct {
		Gatehouse map[string]string
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatalf("client/profiles.json: %v", err)
	}
	settings := map[string]map[string]string{}
	for name, profile := range all {
		folder := filepath.Join("client/cases", strings.TrimPrefix(name, "default"))
		if files, _ := filepath.Glob(folder + "/*.mjs"); len(files) > 0 {
			settings[name] = profile.Gatehouse
		}
	}
	return settings
}

// compare starts the product in a profile and runs the comparison against it.
func (c *client) compare(t *testing.T, profile string, settings map[string]string) {
	siteverify := "http://" + shape.FreeAddress(t) + "/siteverify"
	extra := map[string]string{}
	for name, value := range settings {
		extra[name] = strings.ReplaceAll(value, "{siteverify}", siteverify)
	}
	monolith, split := shape.Start(t, shape.Direct, extra), shape.Start(t, shape.Split, extra)
	run := exec.CommandContext(t.Context(), "node", "client-test.mjs", "--profile", profile, "--siteverify", siteverify, //nolint:gosec // words of ours
		"--gatehouse", monolith.URL, "--gatehouse", split.URL)
	run.Dir, run.Env = "client", append(os.Environ(), "REFERENCE_COPY="+c.copy)
	run.Cancel = func() error { return run.Process.Signal(os.Interrupt) } // it has a server to stop
	var said bytes.Buffer
	run.Stdout, run.Stderr = &said, &said
	err := run.Run()
	if compared := c.count(t, profile, said.String()); err != nil || compared != 2 {
		t.Errorf("the comparison: %v\n%s", err, said.String())
	}
}

// count adds up what a comparison said of the product, and returns of how many systems.
func (c *client) count(t *testing.T, profile, said string) (compared int) {
	t.Helper()
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "recording cases:") {
			t.Logf("summary: profile %-12s %s", profile, line)
		}
		var cases, equal, onPurpose, different int
		_, err := fmt.Sscanf(line, "client cases: %d, equal: %d, different on purpose: %d, different: %d", &cases, &equal, &onPurpose, &different)
		if err != nil {
			continue
		}
		t.Logf("summary: profile %-12s %s", profile, line)
		c.cases, c.equal, c.onPurpose, c.different = c.cases+cases, c.equal+equal, c.onPurpose+onPurpose, c.different+different
		compared++
	}
	return compared
}
