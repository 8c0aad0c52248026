package test

import (
	"bufio"
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/mod/semver"
)

// TestDependencies_AreFixed: what the workspace builds with is not older than the versions
// in which flaws were mended: pgx CVE-2024-27304, CVE-2026-33815 and CVE-2026-41889; NATS
// CVE-2023-47090, CVE-2026-27889 and CVE-2026-33247; nkeys CVE-2023-46129; x/mod
// CVE-2026-56865 and CVE-2026-56864; go-jose CVE-2025-27144 and CVE-2026-34986.
func TestDependencies_AreFixed(t *testing.T) {
	t.Parallel()
	atLeast := map[string]string{
		"github.com/jackc/pgx/v5":           "v5.9.2",
		"github.com/nats-io/nats-server/v2": "v2.14.0",
		"github.com/nats-io/nkeys":          "v0.4.6",
		"golang.org/x/mod":                  "v0.40.0",
		"github.com/go-jose/go-jose/v4":     "v4.1.4",
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Path}} {{.Version}}", "all")
	list.Dir = "../.."
	out, err := list.Output()
	if err != nil {
		t.Fatalf("list modules: %v", err)
	}
	found := 0
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		path, version, _ := strings.Cut(lines.Text(), " ")
		if least, known := atLeast[path]; known {
			found++
			if semver.Compare(version, least) < 0 {
				t.Errorf("%s is at %s; flaws are mended in %s", path, version, least)
			}
		}
	}
	if found != len(atLeast) {
		t.Errorf("%d of %d modules are in the list", found, len(atLeast))
	}
}

// TestSecrets_AreComparedInConstantTime: no product code compares bytes with a function that
// ends at the first difference (Keycloak CVE-2017-2585): hmac.Equal and subtle do not.
func TestSecrets_AreComparedInConstantTime(t *testing.T) {
	t.Parallel()
	looked := 0
	for _, s := range tree(t) {
		if s.support() || !guardsSecrets(s.place()) {
			continue
		}
		for _, file := range s.GoFiles {
			looked++
			for pkg, functions := range map[string][]string{"bytes": {"Equal", "Compare"}, "reflect": {"DeepEqual"}} {
				for _, at := range calls(t, s.Dir+"/"+file, pkg, functions) {
					t.Errorf("%s: compare in constant time, with hmac.Equal", at)
				}
			}
		}
	}
	if looked < 50 {
		t.Errorf("only %d files: this test looks at the wrong place", looked)
	}
}

func guardsSecrets(place string) bool {
	for _, prefix := range []string{"authsvc/", "gateway/", "shared/secret", "shared/principal"} {
		if strings.HasPrefix(place, prefix) {
			return true
		}
	}
	return false
}
