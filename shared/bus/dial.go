package bus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// How fast a lost connection is noticed and made again.
const (
	dialTimeout     = 2 * time.Second
	reconnectWait   = 100 * time.Millisecond
	reconnectJitter = 50 * time.Millisecond
	clientPing      = time.Second
)

// ConnectConfig says where the bus is and who connects to it.
type ConnectConfig struct {
	Server *Server     // an embedded server of this process; or
	URL    string      // NATS servers, nats:// or tls://, separated by commas
	Module string      // the name to prove
	Root   secret.Root // what its key is derived from
	Now    func() time.Time
	Log    zerolog.Logger
}

func (cfg ConnectConfig) check() error {
	if (cfg.Server == nil) == (cfg.URL == "") {
		return errors.New("bus: connect to an embedded server or to a URL, one of the two")
	}
	for part := range strings.SplitSeq(cfg.URL, ",") {
		// The parser's error would show a password in the URL.
		if u, err := url.Parse(strings.TrimSpace(part)); cfg.URL != "" && (err != nil || u.Host == "") {
			return errors.New("bus: the NATS URL is malformed: write nats://host:4222, several separated by commas")
		}
	}
	return nil
}

// dial opens one connection. If no server answers it goes on trying in the background;
// a server that refuses the key is an error, because waiting would not help.
func dial(ctx context.Context, cfg ConnectConfig, purpose string, onUp func(*nats.Conn)) (*link, error) {
	l := &link{module: cfg.Module, log: cfg.Log.With().Str("connection", purpose).Logger(), onUp: onUp, lost: make(chan struct{})}
	options, err := l.options(ctx, cfg, purpose)
	if err != nil {
		return nil, err
	}
	nc, err := nats.Connect(cfg.URL, options...)
	if refusedKey(err) {
		return nil, fmt.Errorf("bus: %s was refused: every process needs the same root secret, and the bus must know the module: %w", cfg.Module, err)
	}
	if err != nil && cfg.Server == nil {
		l.log.Warn().Err(err).Msg("the bus is not reachable yet, trying again")
		nc, err = nats.Connect(cfg.URL, append(options, nats.RetryOnFailedConnect(true))...)
	}
	if err != nil {
		return nil, fmt.Errorf("bus: connect %s: %w", cfg.Module, err)
	}
	l.nats = nc
	return l, nil
}

// refusedKey recognises a server that does not accept the key. On a pipe in the process it
// hangs up before its word can be read.
func refusedKey(err error) bool {
	return errors.Is(err, nats.ErrAuthorization) || errors.Is(err, io.ErrClosedPipe)
}

func (l *link) options(ctx context.Context, cfg ConnectConfig, purpose string) ([]nats.Option, error) {
	pair, err := Identity(cfg.Root, cfg.Module)
	if err != nil {
		return nil, err
	}
	key, err := pair.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("bus: public key of %s: %w", cfg.Module, err)
	}
	timeout := dialTimeout
	if end, ok := ctx.Deadline(); ok {
		timeout = min(timeout, time.Until(end))
	}
	options := []nats.Option{
		nats.Name(cfg.Module + "/" + purpose), nats.Nkey(key, pair.Sign), nats.CustomInboxPrefix(inboxPrefix(cfg.Module)),
		nats.Timeout(timeout), nats.PingInterval(clientPing), nats.MaxPingsOutstanding(maxPingsOut),
		nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait), nats.ReconnectJitter(reconnectJitter, reconnectJitter),
		nats.ReconnectBufSize(-1), // a call that waits for a reconnect would run after its caller left
		nats.IgnoreAuthErrorAbort(), nats.IgnoreDiscoveredServers(),
		nats.ConnectHandler(l.connected), nats.ReconnectHandler(l.connected),
		nats.DisconnectErrHandler(l.disconnected), nats.ErrorHandler(l.failed),
	}
	if cfg.Server != nil {
		options = append(options, nats.InProcessServer(cfg.Server.nats))
	}
	return options, nil
}
