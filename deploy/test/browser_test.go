package test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// TestBrowser lets a React page with the official client, on an origin of its own, do the
// main job in a real browser: in one process and in four. It looks at our own pages too.
func TestBrowser(t *testing.T) {
	t.Parallel()
	for _, kind := range []shape.Kind{shape.Direct, shape.Split} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			front := shape.FreeAddress(t)
			system := shape.Start(t, kind, map[string]string{"GATEHOUSE_TRUSTED_ORIGINS": "http://" + front})
			drive := exec.CommandContext(t.Context(), "node", "browser-test.mjs", "--gatehouse", system.URL, "--front", front) //nolint:gosec // addresses of ours
			drive.Dir = "browser"
			drive.Cancel = func() error { return drive.Process.Signal(os.Interrupt) } // it has a browser to stop
			said, err := drive.CombinedOutput()
			if err != nil || !bytes.Contains(said, []byte("browser checks: ")) {
				t.Fatalf("the browser: %v\n%s", err, said)
			}
			t.Logf("summary: %s, %s", strings.TrimSpace(string(said)), kind)
		})
	}
}
