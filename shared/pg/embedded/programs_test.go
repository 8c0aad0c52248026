package embedded

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/pg/internal/cluster"
)

// repository is a stand-in that serves one archive, in which the programs are
// shell scripts.
func repository(t *testing.T) string {
	t.Helper()
	programs, err := os.ReadFile("testdata/programs.txz")
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	entry, err := writer.Create("postgres.txz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write(programs); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, ".jar") {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(archive.Bytes())
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestFetched(t *testing.T) {
	t.Parallel()

	t.Run("brings programs that run, once", func(t *testing.T) {
		t.Parallel()
		home := room(t)
		cfg := Config{Log: zerolog.Nop(), repository: repository(t)}
		for range 2 {
			bin, err := fetched(t.Context(), cfg, home, 17)
			if err != nil {
				t.Fatal(err)
			}
			install, err := cluster.Inspect(t.Context(), cluster.Current(), bin)
			if err != nil || install.Major != 17 {
				t.Errorf("got %+v, %v", install, err)
			}
			cfg.repository = "http://127.0.0.1:1" // the second time needs no network
		}
	})
	t.Run("leaves nothing in place when the network is away", func(t *testing.T) {
		t.Parallel()
		home := room(t)
		_, err := fetched(t.Context(), Config{Log: zerolog.Nop(), repository: "http://127.0.0.1:1"}, home, 17)
		if err == nil {
			t.Fatal("no error")
		}
		if _, err := os.Stat(filepath.Join(home, "postgresql-17")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a folder of programs stayed: %v", err)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		t.Parallel()
		silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		t.Cleanup(silent.Close)
		t.Cleanup(silent.CloseClientConnections)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := fetched(ctx, Config{Log: zerolog.Nop(), repository: silent.URL}, room(t), 17)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestMissingError_SaysWhatToDo(t *testing.T) {
	t.Parallel()
	away := errors.New("no network")
	for name, test := range map[string]struct {
		missing *cluster.NotFoundError
		words   []string
	}{
		"nothing installed": {
			missing: &cluster.NotFoundError{},
			words:   []string{"apt-get install postgresql", "brew install postgresql", "or name a database", "no network"},
		},
		"another version": {
			missing: &cluster.NotFoundError{Major: 14, Found: []int{15}},
			words:   []string{"PostgreSQL 14", "[15]", "/the/home", "apt-get install postgresql-14"},
		},
	} {
		got := missingError("name a database", "/the/home", test.missing.Major, test.missing, away).Error()
		for _, word := range test.words {
			if !strings.Contains(got, word) {
				t.Errorf("%s: %q does not say %q", name, got, word)
			}
		}
	}
}

func TestRotateLog(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), logName)
	if err := rotateLog(file); err != nil {
		t.Errorf("without a log: %v", err)
	}
	for size, rotated := range map[int64]bool{10: false, maxLog + 1: true} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(file, size); err != nil {
			t.Fatal(err)
		}
		if err := rotateLog(file); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) != rotated {
			t.Errorf("a log of %d bytes: rotated %t, want %t", size, !rotated, rotated)
		}
	}
}
