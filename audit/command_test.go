package audit

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

const goldenKey = "example.com/audit+53982a13+Ac7MFQfcHd1ylZUcKQiI8JWtuQRNG3PWlubfBl1oO9T8"

func golden(t *testing.T) (name, text string) {
	t.Helper()
	name = filepath.Join("verify", "testdata", "export.jsonl")
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return name, string(content)
}

func runVerify(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := verifyCommand(strings.NewReader(stdin)).Run(t.Context(), kit.Env{Stdout: &out, Stderr: io.Discard}, args)
	return out.String(), err
}

func TestVerifyCommand_AcceptsAnHonestExport(t *testing.T) {
	t.Parallel()
	name, text := golden(t)
	keyFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, []byte(goldenKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := `origin    example.com/audit
leaves    12, all under the signed checkpoint, each module's events without a gap
root      f480c3e7c5b10c31f4653422ad91f6fdfd79e3032dc81ef0da41652ca759ae2c
personal  3, all as their leaves commit to
erased    1, whose personal data is not in the export
`
	for _, args := range [][]string{{"--key", goldenKey, name}, {"--key-file", keyFile, name}, {"--key", goldenKey, "-"}} {
		out, err := runVerify(t, text, args...)
		if diff := cmp.Diff(want, out); err != nil || diff != "" {
			t.Errorf("%v: %v\n%s", args, err, diff)
		}
	}
}

// Past vulnerability 87: no error only on full success, and nothing printed that could be
// taken for it.
//
// Covers gitsign CVE-2026-44310, cosign CVE-2026-39395.
func TestVerifyCommand_RefusesTheRest(t *testing.T) {
	t.Parallel()
	name, text := golden(t)
	other := strings.Replace(goldenKey, "53982a13", "53982a14", 1)
	lines := strings.SplitAfter(text, "\n")
	for what, try := range map[string]struct {
		stdin string
		args  []string
		usage bool
		says  string
	}{
		"no arguments":       {says: "--key", usage: true},
		"no file":            {args: []string{"--key", goldenKey}, usage: true, says: "one FILE"},
		"two files":          {args: []string{"--key", goldenKey, name, name}, usage: true, says: "one FILE"},
		"no key":             {args: []string{name}, usage: true, says: "/api/v1/audit/key"},
		"two keys":           {args: []string{"--key", goldenKey, "--key-file", "x", name}, usage: true, says: "--key"},
		"an unknown flag":    {args: []string{"--trust-me", name}, usage: true, says: "trust-me"},
		"a key file missing": {args: []string{"--key-file", "/nonexistent", name}, says: "--key-file"},
		"a file missing":     {args: []string{"--key", goldenKey, "/nonexistent"}, says: "open the export"},
		"a folder":           {args: []string{"--key", goldenKey, "verify"}, says: "not accepted"},
		"a wrong key":        {args: []string{"--key", other, name}, says: "public key"},
		"an empty export":    {args: []string{"--key", goldenKey, "-"}, says: "cut short"},
		"a cut export":       {args: []string{"--key", goldenKey, "-"}, stdin: strings.Join(lines[:5], ""), says: "cut short"},
		"a dropped line":     {args: []string{"--key", goldenKey, "-"}, stdin: strings.Join(lines[1:], ""), says: "line 1"},
		"an error page":      {args: []string{"--key", goldenKey, "-"}, stdin: "<html>", says: "not a line"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			out, err := runVerify(t, try.stdin, try.args...)
			if err == nil || !strings.Contains(err.Error(), try.says) || out != "" {
				t.Fatalf("said %v, printed %q", err, out)
			}
			if errors.Is(err, kit.ErrUsage) != try.usage {
				t.Errorf("usage: %v", err)
			}
			if strings.Count(err.Error(), "\n") > 0 {
				t.Errorf("more than a sentence: %v", err)
			}
		})
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestVerifyCommand_FailsIfItCannotReport(t *testing.T) {
	t.Parallel()
	name, _ := golden(t)
	if err := verifyCommand(nil).Run(t.Context(), kit.Env{Stdout: full{}}, []string{"--key", goldenKey, name}); err == nil {
		t.Error("nobody was told, and it counts as a success")
	}
}

func TestCommands_AreReachable(t *testing.T) {
	t.Parallel()
	commands := Commands()
	if len(commands) != 1 || commands[0].Name != "audit verify" || commands[0].Summary == "" {
		t.Errorf("commands %+v", commands)
	}
	name, _ := golden(t)
	var out strings.Builder
	program := kit.Program{Name: "test", Commands: commands}
	if err := program.Run(t.Context(), kit.Env{Stdout: &out}, []string{"audit", "verify", "--key", goldenKey, name}); err != nil || out.Len() == 0 {
		t.Errorf("%v, printed %q", err, out.String())
	}
}
