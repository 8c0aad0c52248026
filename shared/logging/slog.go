package logging

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/rs/zerolog"
)

// Slog returns a slog.Logger that writes through log, for libraries that log by slog.
func Slog(log zerolog.Logger) *slog.Logger {
	return slog.New(bridge{next: zerolog.NewSlogHandler(log)})
}

// bridge mends two things in zerolog's handler: it would write the time a second time,
// and would put attributes into groups that were opened after them.
type bridge struct {
	next   slog.Handler
	groups []string // open groups, outermost first
}

var _ slog.Handler = bridge{}

// Enabled implements slog.Handler.
func (b bridge) Enabled(ctx context.Context, level slog.Level) bool {
	return b.next.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (b bridge) Handle(ctx context.Context, record slog.Record) error {
	attrs := make([]slog.Attr, 0, record.NumAttrs())
	record.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	untimed := slog.NewRecord(time.Time{}, record.Level, record.Message, record.PC)
	untimed.AddAttrs(b.grouped(attrs)...)
	return b.next.Handle(ctx, untimed)
}

// WithAttrs implements slog.Handler.
func (b bridge) WithAttrs(attrs []slog.Attr) slog.Handler {
	return bridge{b.next.WithAttrs(b.grouped(attrs)), b.groups}
}

// WithGroup implements slog.Handler.
func (b bridge) WithGroup(name string) slog.Handler {
	if name == "" {
		return b
	}
	return bridge{b.next, append(slices.Clone(b.groups), name)}
}

// grouped wraps attributes into the open groups.
func (b bridge) grouped(attrs []slog.Attr) []slog.Attr {
	for _, name := range slices.Backward(b.groups) {
		attrs = []slog.Attr{{Key: name, Value: slog.GroupValue(attrs...)}}
	}
	return attrs
}
