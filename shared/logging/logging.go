package logging

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/rs/zerolog"
)

// The formats.
const (
	JSON    = "json"    // one object a line, for machines
	Console = "console" // coloured on a terminal, for people
)

// timeFormat is RFC 3339 with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// Config says how a logger writes.
type Config struct {
	Level   string           // debug, info, warn or error; empty: info
	Format  string           // JSON or Console; empty: JSON
	Service string           // the value of the field "service"; empty: no such field
	Now     func() time.Time // the clock; nil: time.Now
}

// New returns a logger that writes whole lines to w. Lines of concurrent calls stay
// apart if w takes concurrent writes, as an *os.File does.
func New(w io.Writer, config Config) (zerolog.Logger, error) {
	level, err := parseLevel(config.Level)
	if err != nil {
		return zerolog.Logger{}, err
	}
	switch config.Format {
	case "", JSON:
		w = escaper{w}
	case Console:
		w = console(escaper{w}, terminal(w))
	default:
		return zerolog.Logger{}, fmt.Errorf("there is no log format %q; use %s or %s", config.Format, JSON, Console)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	fields := zerolog.New(w).Level(level).With()
	if config.Service != "" {
		fields = fields.Str("service", config.Service)
	}
	return fields.Logger().Hook(clock{config.Now}), nil
}

func parseLevel(name string) (zerolog.Level, error) {
	switch name {
	case "debug":
		return zerolog.DebugLevel, nil
	case "", "info":
		return zerolog.InfoLevel, nil
	case "warn":
		return zerolog.WarnLevel, nil
	case "error":
		return zerolog.ErrorLevel, nil
	}
	return zerolog.NoLevel, fmt.Errorf("there is no log level %q; use debug, info, warn or error", name)
}

// clock stamps each event. zerolog's own time stamp takes its format from a global.
type clock struct{ now func() time.Time }

// Run implements zerolog.Hook.
func (c clock) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	var room [len(timeFormat)]byte
	e.Bytes(zerolog.TimestampFieldName, c.now().UTC().AppendFormat(room[:0], timeFormat))
}

func console(w io.Writer, colours bool) io.Writer {
	return zerolog.NewConsoleWriter(func(c *zerolog.ConsoleWriter) {
		c.Out = w
		c.NoColor = c.NoColor || !colours
		c.TimeFormat = "15:04:05.000"
		c.TimeLocation = time.UTC
		c.FormatMessage = func(message any) string { return printable(message) }
	})
}

func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// printable quotes a message that holds control characters. zerolog does so for fields only.
func printable(message any) string {
	text, ok := message.(string)
	if !ok {
		return ""
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
