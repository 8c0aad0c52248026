package bus

import (
	"fmt"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"
)

// serverLog writes the embedded server's log to ours. Notices are about its own life and
// count as debug; errors are about clients (refused keys, refused subjects).
type serverLog struct {
	log zerolog.Logger

	mu     sync.Mutex
	reason string
}

var _ server.Logger = (*serverLog)(nil)

// Noticef implements server.Logger.
func (l *serverLog) Noticef(format string, v ...any) { l.log.Debug().Msgf(format, v...) }

// Warnf implements server.Logger.
func (l *serverLog) Warnf(format string, v ...any) { l.log.Warn().Msgf(format, v...) }

// Errorf implements server.Logger.
func (l *serverLog) Errorf(format string, v ...any) { l.log.Error().Msgf(format, v...) }

// Debugf implements server.Logger.
func (l *serverLog) Debugf(format string, v ...any) { l.log.Trace().Msgf(format, v...) }

// Tracef implements server.Logger. Traces show messages, which never go to a log.
func (l *serverLog) Tracef(string, ...any) {}

// Fatalf implements server.Logger. It ends nothing: StartServer reports the reason.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reason = fmt.Sprintf(format, v...)
}

func (l *serverLog) fatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reason
}
