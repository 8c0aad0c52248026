package logging_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/logging"
)

// noon has a zone and microseconds, so that a missing conversion shows.
func noon() time.Time {
	return time.Date(2026, 3, 4, 13, 5, 6, 7_008_000, time.FixedZone("CET", 3600))
}

// open returns a logger and what it writes.
func open(t *testing.T, config logging.Config) (zerolog.Logger, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	config.Now = noon
	log, err := logging.New(&out, config)
	if err != nil {
		t.Fatal(err)
	}
	return log, &out
}

func TestNew_Writes(t *testing.T) {
	t.Parallel()
	t.Run("JSON with level, service, time and message", func(t *testing.T) {
		t.Parallel()
		log, out := open(t, logging.Config{Service: "shop"})
		log.Info().Str("item", "cup").Msg("sold")
		want := `{"level":"info","service":"shop","item":"cup","time":"2026-03-04T12:05:06.007Z","message":"sold"}` + "\n"
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("line (-want +got):\n%s", diff)
		}
	})
	t.Run("console without colours where there is no terminal", func(t *testing.T) {
		t.Parallel()
		log, out := open(t, logging.Config{Service: "shop", Format: logging.Console})
		log.Warn().Err(errors.New("too hot")).Msg("kiln")
		if diff := cmp.Diff("12:05:06.007 WRN kiln error=\"too hot\" service=shop\n", out.String()); diff != "" {
			t.Errorf("line (-want +got):\n%s", diff)
		}
	})
	t.Run("console without colours into a file", func(t *testing.T) {
		t.Parallel()
		file, err := os.Create(filepath.Join(t.TempDir(), "log"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = file.Close() }()
		log, err := logging.New(file, logging.Config{Format: logging.Console})
		if err != nil {
			t.Fatal(err)
		}
		log.Info().Msg("sold")
		content, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(content, []byte("INF sold\n")) || bytes.ContainsRune(content, '\x1b') {
			t.Errorf("got %q", content)
		}
	})
}

func TestNew_Levels(t *testing.T) {
	t.Parallel()
	for level, want := range map[string]string{"debug": "debug info warn error", "info": "info warn error", "": "info warn error", "warn": "warn error", "error": "error"} {
		t.Run("writes from this level on: "+level, func(t *testing.T) {
			t.Parallel()
			log, out := open(t, logging.Config{Level: level})
			log.Debug().Send()
			log.Info().Send()
			log.Warn().Send()
			log.Error().Send()
			var got []string
			for line := range strings.Lines(out.String()) {
				var event struct{ Level string }
				if err := json.Unmarshal([]byte(line), &event); err != nil {
					t.Fatal(err)
				}
				got = append(got, event.Level)
			}
			if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
				t.Errorf("levels (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNew_Refuses(t *testing.T) {
	t.Parallel()
	for want, config := range map[string]logging.Config{
		`there is no log level "loud"; use debug, info, warn or error`: {Level: "loud"},
		`there is no log format "xml"; use json or console`:            {Format: "xml"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			if _, err := logging.New(&bytes.Buffer{}, config); err == nil || err.Error() != want {
				t.Errorf("got %v", err)
			}
		})
	}
}

// ASVS V16.4.1: no log injection.
func TestNew_EscapesControlCharacters(t *testing.T) {
	t.Parallel()
	const attack = "ok\n{\"level\":\"info\"}\r\x1b[2Jgone\u2028\u009b31mred\x7f"
	for _, format := range []string{logging.JSON, logging.Console} {
		t.Run("keeps one event on one printable line: "+format, func(t *testing.T) {
			t.Parallel()
			log, out := open(t, logging.Config{Format: format, Service: attack})
			log.Info().Str("field", attack).Interface("any", []string{attack}).Err(errors.New(attack)).Msg(attack)
			line := strings.TrimSuffix(out.String(), "\n")
			if format == logging.JSON && !json.Valid([]byte(line)) {
				t.Errorf("no longer JSON: %q", line)
			}
			if i := strings.IndexFunc(line, unicode.IsControl); i >= 0 {
				t.Errorf("control character at %d of %q", i, line)
			}
		})
	}
}
