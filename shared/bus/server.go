package bus

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"
)

// Limits of the embedded server, which ServerConf gives to others too.
const (
	maxPayload    = 1 << 20  // of one message, headers included
	maxPending    = 16 << 20 // bytes that one slow reader may leave unread
	writeDeadline = 5 * time.Second
	pingInterval  = 2 * time.Second // a dead peer loses its subscriptions after three of these
	maxPingsOut   = 2
	answerWithin  = 2 * time.Minute // how long a request may be answered
	maxParts      = 16              // how often: once, but in parts when asked for a long table
	startBudget   = 10 * time.Second
)

// ServerConfig describes an embedded server.
type ServerConfig struct {
	Listen string // host:port for other processes, port 0 for a free one; empty: this process only
	Users  []User // who may connect; at least one
	Log    zerolog.Logger
}

// Server is a NATS server inside this process. It opens no port but the one it is asked
// for: no JetStream, monitoring, clustering, WebSocket, MQTT or leaf nodes.
type Server struct {
	nats *server.Server
	url  string
}

// StartServer starts an embedded server and returns when it accepts connections.
func StartServer(cfg ServerConfig) (*Server, error) {
	options, err := serverOptions(cfg)
	if err != nil {
		return nil, err
	}
	ns, err := server.NewServer(options)
	if err != nil {
		return nil, fmt.Errorf("bus: configure the embedded server: %w", err)
	}
	log := &serverLog{log: cfg.Log}
	ns.SetLoggerV2(log, false, false, false)
	ns.Start()
	s := &Server{nats: ns}
	if reason := log.fatal(); reason != "" {
		s.Shutdown()
		return nil, fmt.Errorf("bus: cannot listen on %s: choose another address or stop the process that uses it (%s)", cfg.Listen, reason)
	}
	if !ns.ReadyForConnections(startBudget) {
		s.Shutdown()
		return nil, fmt.Errorf("bus: the embedded server was not ready within %s", startBudget)
	}
	if cfg.Listen != "" {
		s.url = ns.ClientURL()
	}
	return s, nil
}

func serverOptions(cfg ServerConfig) (*server.Options, error) {
	if len(cfg.Users) == 0 {
		return nil, errors.New("bus: a server without users would let everybody in: derive them with Users")
	}
	options := &server.Options{
		ServerName: "gatehouse", NoSigs: true, DontListen: cfg.Listen == "",
		MaxPayload: maxPayload, MaxPending: maxPending, WriteDeadline: writeDeadline,
		PingInterval: pingInterval, MaxPingsOut: maxPingsOut,
		NoSystemAccount: true,
	}
	if cfg.Listen != "" {
		var err error
		if options.Host, options.Port, err = hostPort(cfg.Listen); err != nil {
			return nil, err
		}
	}
	for _, u := range cfg.Users {
		options.Nkeys = append(options.Nkeys, &server.NkeyUser{
			Nkey: u.PublicKey,
			Permissions: &server.Permissions{
				Publish:   &server.SubjectPermission{Allow: u.Publish},
				Subscribe: &server.SubjectPermission{Allow: u.Subscribe},
				Response:  &server.ResponsePermission{MaxMsgs: maxParts, Expires: answerWithin},
			},
		})
	}
	return options, nil
}

func hostPort(address string) (string, int, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("bus: the address to listen on, %q, must be host:port", address)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("bus: the port to listen on, %q, must be a number from 0 to 65535", text)
	}
	if port == 0 {
		return host, server.RANDOM_PORT, nil
	}
	return host, int(port), nil
}

// ClientURL returns the URL at which other processes reach the server, empty if it does
// not listen.
func (s *Server) ClientURL() string { return s.url }

// Shutdown stops the server and returns when it has ended. Stop services and close
// connections first.
func (s *Server) Shutdown() {
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
}
