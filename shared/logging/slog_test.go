package logging_test

import (
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/logging"
)

func TestSlog(t *testing.T) {
	t.Parallel()
	t.Run("writes one time stamp and keeps attributes in the groups that were open", func(t *testing.T) {
		t.Parallel()
		log, out := open(t, logging.Config{Service: "shop"})
		library := logging.Slog(log).With("a", 1).WithGroup("g").With("b", true).WithGroup("").WithGroup("h")
		library.Warn("late", "c", "x", slog.Group("i", "d", 2))
		want := `{"level":"warn","service":"shop","a":1,"g.b":true,"g.h.c":"x","g.h.i.d":2,"time":"2026-03-04T12:05:06.007Z","message":"late"}` + "\n"
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("line (-want +got):\n%s", diff)
		}
	})
	t.Run("does not share groups between loggers that branch", func(t *testing.T) {
		t.Parallel()
		log, out := open(t, logging.Config{})
		trunk := logging.Slog(log).WithGroup("a").WithGroup("b").WithGroup("c")
		left, right := trunk.WithGroup("left"), trunk.WithGroup("right")
		left.Info("m", "k", 1)
		right.Info("m", "k", 1)
		want := `{"level":"info","a.b.c.left.k":1,"time":"2026-03-04T12:05:06.007Z","message":"m"}` + "\n" +
			`{"level":"info","a.b.c.right.k":1,"time":"2026-03-04T12:05:06.007Z","message":"m"}` + "\n"
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
	})
	t.Run("obeys the level of the logger", func(t *testing.T) {
		t.Parallel()
		log, out := open(t, logging.Config{Level: "warn"})
		logging.Slog(log).Info("m")
		if out.Len() > 0 {
			t.Errorf("got %s", out)
		}
	})
}
