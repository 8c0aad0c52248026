package shape

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// built are the binaries of this test process. Building takes longer than most tests, and
// the test functions of a package share nothing else.
var built struct { //nolint:gochecknoglobals // see above
	once   sync.Once
	folder string
	err    error
}

// Main runs the tests of a package and removes the binaries that they built. Call it from
// TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if built.folder != "" {
		if err := os.RemoveAll(built.folder); err != nil {
			fmt.Fprintln(os.Stderr, "remove binaries:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// Binary returns the path of a program of the product, built from the workspace.
func Binary(t testing.TB, name string) string {
	t.Helper()
	built.once.Do(func() { built.folder, built.err = build() })
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.folder, name)
}

func build() (string, error) {
	root, err := repository()
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp("", "gatehouse-bin-")
	if err != nil {
		return "", fmt.Errorf("make folder of binaries: %w", err)
	}
	compile := exec.Command("go", "build", "-ldflags=-s -w", "-o", folder, //nolint:gosec,noctx // bounded by the test's limit
		"./deploy/cmd/gatehouse", "./gateway/cmd/gateway", "./authsvc/cmd/authsvc", "./identity/cmd/identity", "./audit/cmd/audit")
	compile.Dir, compile.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := compile.CombinedOutput(); err != nil {
		return folder, fmt.Errorf("build binaries: %w\n%s", err, out)
	}
	return folder, nil
}

// repository finds the folder with go.work above the working folder.
func repository() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.work")); err == nil {
			return folder, nil
		}
		if filepath.Dir(folder) == folder {
			return "", fmt.Errorf("find repository: no go.work above the working folder")
		}
		folder = filepath.Dir(folder)
	}
}
