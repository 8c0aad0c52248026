package kit_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

func TestStart_KeepsTheSecretItGenerates(t *testing.T) {
	t.Parallel()
	environ := settings(t)
	environ["GATEHOUSE_DATA"] = filepath.Join(environ["GATEHOUSE_DATA"], "made", "by", "start")
	var first, second, elsewhere string
	start(t, program(rooted("catalog", &first)), kit.Options{Environ: environ})
	path := filepath.Join(environ["GATEHOUSE_DATA"], "secret")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %s", info.Mode())
	}
	start(t, program(rooted("catalog", &second)), kit.Options{Environ: environ})
	start(t, program(rooted("catalog", &elsewhere)), kit.Options{Environ: settings(t)})
	if len(first) < 64 || first != second {
		t.Errorf("the second start had another secret, or it is short: %d characters", len(first))
	}
	if first == elsewhere {
		t.Error("another installation has the same secret")
	}
	kept, err := os.ReadFile(path)
	if err != nil || strings.TrimSpace(string(kept)) != first {
		t.Errorf("the file holds something else (%v)", err)
	}
	leftOvers, err := filepath.Glob(filepath.Join(environ["GATEHOUSE_DATA"], ".secret-*"))
	if err != nil || len(leftOvers) > 0 {
		t.Errorf("left behind: %v, %v", leftOvers, err)
	}
}

func TestStart_GeneratesOneSecretForProcessesThatStartAtOnce(t *testing.T) {
	t.Parallel()
	environ := settings(t)
	secrets := make([]string, 8)
	faults := make([]error, len(secrets))
	var begin, ended sync.WaitGroup
	begin.Add(1)
	for i := range secrets {
		ended.Go(func() {
			begin.Wait()
			system, err := program(rooted("catalog", &secrets[i])).Start(t.Context(), quiet(kit.Options{Environ: environ}))
			if faults[i] = err; err == nil {
				stop(t, system)
			}
		})
	}
	begin.Done()
	ended.Wait()
	for i, secret := range secrets {
		if faults[i] != nil || secret == "" || secret != secrets[0] {
			t.Errorf("process %d has a secret of its own (%v)", i, faults[i])
		}
	}
}

// A new secret in place of a damaged one would lock everybody out without a word.
func TestStart_RefusesADamagedSecret(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"empty": "", "cut": goodSecret[:20], "spaces": strings.Repeat(" \n", 40)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ := settings(t)
			path := filepath.Join(environ["GATEHOUSE_DATA"], "secret")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			err := startFails(t, program(spec("catalog", idle)), kit.Options{Environ: environ})
			if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "damaged") {
				t.Errorf("got %v, want a sentence about %s", err, path)
			}
			if kept, err := os.ReadFile(path); err != nil || string(kept) != content {
				t.Errorf("the file was changed to %q (%v)", kept, err)
			}
		})
	}
}
