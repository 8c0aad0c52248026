package kit_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

// supervised returns the settings that Supervise hands on.
func supervised(t *testing.T, p kit.Program, environ map[string]string) (handed map[string]string, err error) {
	t.Helper()
	err = p.Supervise(t.Context(), environment(environ), func(_ context.Context, environ map[string]string) error {
		handed = environ
		return nil
	})
	return handed, err
}

const elsewhere = "DATABASE_URL=postgres://127.0.0.1:1/shop"

func TestSupervise_HandsOnWhatProcessesShare(t *testing.T) {
	t.Parallel()
	environ := settings(t, elsewhere, "MODE=development", "MODULES=all", "LOG_LEVEL=error")
	got, err := supervised(t, shop(), environ)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(filepath.Join(environ["GATEHOUSE_DATA"], "secret"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"GATEHOUSE_SECRET": strings.TrimSpace(string(kept)), "GATEHOUSE_MODE": "development", "GATEHOUSE_DATA": environ["GATEHOUSE_DATA"],
		"GATEHOUSE_DATABASE_URL": environ["GATEHOUSE_DATABASE_URL"], "GATEHOUSE_LOG_LEVEL": "error", "GATEHOUSE_MODULES": "",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if _, given := environ["GATEHOUSE_SECRET"]; given {
		t.Error("it changed the settings that it was given")
	}
}

func TestSupervise_ReplacesASecretsFileByTheSecret(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(goodSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := supervised(t, shop(), settings(t, elsewhere, "SECRET_FILE="+file))
	if err != nil {
		t.Fatal(err)
	}
	if _, given := got["GATEHOUSE_SECRET_FILE"]; given || got["GATEHOUSE_SECRET"] != goodSecret || got["GATEHOUSE_MODE"] != "production" {
		t.Errorf("the processes get the mode %q, and a file too: %t", got["GATEHOUSE_MODE"], given)
	}
}

func TestSupervise_MakesTheDataFolderAbsolute(t *testing.T) { //nolint:paralleltest // changes the working folder
	t.Chdir(t.TempDir())
	environ := settings(t, elsewhere, "SECRET="+goodSecret)
	environ["GATEHOUSE_DATA"] = "data"
	got, err := supervised(t, shop(), environ)
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(got["GATEHOUSE_DATA"]) || filepath.Base(got["GATEHOUSE_DATA"]) != "data" {
		t.Errorf("it is %s", got["GATEHOUSE_DATA"])
	}
}

func TestSupervise_RefusesWhatAProcessWouldRefuse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		changes []string
		want    string
	}{
		"a bus of one's own":      {[]string{elsewhere, "NATS_URL=nats://127.0.0.1:1"}, "GATEHOUSE_NATS_URL and GATEHOUSE_NATS_LISTEN are for processes that you start yourself"},
		"a bus that is opened":    {[]string{elsewhere, "NATS_LISTEN=127.0.0.1:0"}, "unset them here"},
		"a misspelt setting":      {[]string{elsewhere, "SECRETS=x"}, "GATEHOUSE_SECRETS is not a setting"},
		"no secret in production": {[]string{elsewhere}, "GATEHOUSE_SECRET is missing"},
		"an unknown mode":         {[]string{elsewhere, "MODE=staging"}, "GATEHOUSE_MODE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := supervised(t, shop(), settings(t, c.changes...))
			if err == nil || !strings.Contains(err.Error(), c.want) || got != nil {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestSupervise_ReturnsTheFaultOfItsWork(t *testing.T) {
	t.Parallel()
	broken := errors.New("the shelf is on fire")
	err := shop().Supervise(t.Context(), environment(settings(t, elsewhere, "SECRET="+goodSecret)), func(context.Context, map[string]string) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
