package logging_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/logging"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// ASVS V14.2.4 and V16.2.5: seeded secrets never appear in logs.
func TestSecretText_NeverShows(t *testing.T) {
	t.Parallel()
	const canary = secret.Text("c4n4ry")
	holder := struct {
		Key  secret.Text
		Keys []secret.Text
		Map  map[string]secret.Text
		Ptr  *secret.Text
	}{canary, []secret.Text{canary}, map[string]secret.Text{"key": canary}, new(canary)}
	ways := map[string]func(zerolog.Logger){
		"interface": func(l zerolog.Logger) { l.Info().Interface("key", canary).Interface("all", holder).Msg("m") },
		"any":       func(l zerolog.Logger) { l.Info().Any("key", &holder).Msg("m") },
		"stringer":  func(l zerolog.Logger) { l.Info().Stringer("key", canary).Msg("m") },
		"fields":    func(l zerolog.Logger) { l.Info().Fields(map[string]any{"key": canary, "all": holder}).Msg("m") },
		"context":   func(l zerolog.Logger) { l = l.With().Interface("key", canary).Logger(); l.Info().Msg("m") },
		"message": func(l zerolog.Logger) {
			l.Info().Msgf("%s %v %+v %#v %q %x %d", canary, canary, holder, holder, canary, canary, canary)
		},
		"error": func(l zerolog.Logger) {
			l.Err(fmt.Errorf("open %v: %w", holder, errors.New(canary.String()))).Msg("m")
		},
		"slog": func(l zerolog.Logger) {
			logging.Slog(l).With("key", canary).WithGroup("group").Info("m", "key", canary, "all", holder, "ptr", &holder)
		},
	}
	for _, format := range []string{logging.JSON, logging.Console} {
		for name, write := range ways {
			t.Run(format+" shows [redacted] in place of it: "+name, func(t *testing.T) {
				t.Parallel()
				log, out := open(t, logging.Config{Format: format})
				write(log)
				if strings.Contains(out.String(), canary.Reveal()) || strings.Contains(out.String(), "63346e347279") {
					t.Errorf("the secret shows: %s", out)
				}
				if !strings.Contains(out.String(), "[redacted]") {
					t.Errorf("the field is missing: %s", out)
				}
			})
		}
	}
}
