package test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// TestClient lets the official client drive the product in one process and in four, and
// compares every answer with that of the reference server. See client/README.md.
func TestClient(t *testing.T) {
	t.Parallel()
	monolith, split := shape.Start(t, shape.Direct, nil), shape.Start(t, shape.Split, nil)
	if _, err := os.Stat("client/node_modules"); err != nil {
		install := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund")
		install.Dir = "client"
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("install the official client: %v\n%s", err, out)
		}
	}
	compare := exec.CommandContext(t.Context(), "node", "client-test.mjs", "--gatehouse", monolith.URL, "--gatehouse", split.URL) //nolint:gosec // addresses of ours
	compare.Dir = "client"
	compare.Cancel = func() error { return compare.Process.Signal(os.Interrupt) } // it has a server to stop
	var said bytes.Buffer
	compare.Stdout, compare.Stderr = &said, &said
	err := compare.Run()
	counted := 0
	for line := range strings.Lines(said.String()) {
		if strings.HasPrefix(line, "client cases:") || strings.HasPrefix(line, "recording cases:") {
			t.Logf("summary: %s", strings.TrimSpace(line))
			counted++
		}
	}
	if err != nil || counted < 2 {
		t.Errorf("the comparison: %v\n%s", err, said.String())
	}
}
