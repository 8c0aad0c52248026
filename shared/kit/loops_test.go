package kit

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

// keep runs a loop as a system does, for a while, and returns when it began each time
// and what was logged.
func keep(t *testing.T, while time.Duration, run func(context.Context) error) (began []time.Duration, log string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		s := &System{log: zerolog.New(&lines), options: Options{Now: time.Now}}
		ctx, cancel := context.WithTimeout(t.Context(), while)
		defer cancel()
		first := time.Now()
		s.keepRunning(ctx, "catalog", Loop{"tidy", func(ctx context.Context) error {
			began = append(began, time.Since(first))
			return run(ctx)
		}})
		if time.Since(first) != while {
			t.Errorf("it ended after %s, not with its context", time.Since(first))
		}
		log = lines.String()
	})
	return began, log
}

func TestLoops_StartAgainAfterALongerAndLongerPause(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(context.Context) error{
		"a panic":    func(context.Context) error { panic("out of cheese") },
		"an error":   func(context.Context) error { return errors.New("out of cheese") },
		"no reason":  func(context.Context) error { return nil },
		"a nil call": func(context.Context) error { var none func(); none(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began, log := keep(t, time.Minute, run)
			if len(began) < 8 {
				t.Fatalf("it ran %d times in a minute", len(began))
			}
			pause := minPause
			for i := 1; i < len(began); i++ {
				if waited := began[i] - began[i-1]; waited < pause || waited > pause+pause/4 {
					t.Errorf("before run %d it waited %s, want about %s", i+1, waited, pause)
				}
				pause = min(2*pause, maxPause)
			}
			if lines := strings.Count(log, "\n"); lines != len(began) || !strings.Contains(log, `"loop":"tidy"`) || !strings.Contains(log, `"module":"catalog"`) {
				t.Errorf("%d lines for %d runs: %s", lines, len(began), log)
			}
			if strings.Contains(name, "panic") && !strings.Contains(log, "loops_test.go") {
				t.Errorf("the log does not say where: %s", log)
			}
		})
	}
}

func TestLoops_ForgetOldFaultsAfterAGoodWhile(t *testing.T) {
	t.Parallel()
	runs := 0
	began, _ := keep(t, 10*time.Minute, func(ctx context.Context) error {
		if runs++; runs == 6 { // a good while, after five faults
			select {
			case <-ctx.Done():
			case <-time.After(2 * time.Minute):
			}
		}
		return errors.New("out of cheese")
	})
	if waited := began[6] - began[5] - 2*time.Minute; waited > minPause+minPause/4 {
		t.Errorf("after a good while it waited %s, want %s again", waited, minPause)
	}
}

func TestLoops_EndWithTheirContextAndSayNothing(t *testing.T) {
	t.Parallel()
	began, log := keep(t, time.Minute, func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	if len(began) != 1 || log != "" {
		t.Errorf("it ran %d times and logged %q", len(began), log)
	}
}
