// Package listen is the public listener: net/http with every bound set.
package listen

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"
)

// Config says where to listen. Without Cert and Key it speaks plain HTTP.
type Config struct{ Addr, Cert, Key string }

// Listener serves one handler on one address.
type Listener struct {
	config Config
	server *http.Server
	log    zerolog.Logger
}

// New returns a Listener that does not listen yet.
func New(c Config, handler http.Handler, log zerolog.Logger) *Listener {
	return &Listener{config: c, log: log, server: &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    16 << 10,
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS12},
		ErrorLog:          stdlog.New(log, "", 0),
		// OPTIONS * is a request like any other: with our headers and a log line.
		DisableGeneralOptionsHandler: true,
	}}
}

// Start listens and serves until Stop. It returns once connections are accepted.
func (l *Listener) Start(ctx context.Context) error {
	if l.config.Cert != "" {
		certificate, err := tls.LoadX509KeyPair(l.config.Cert, l.config.Key)
		if err != nil {
			return fmt.Errorf("GATEHOUSE_TLS_CERT, GATEHOUSE_TLS_KEY: %w", err)
		}
		l.server.TLSConfig.Certificates = []tls.Certificate{certificate}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", l.config.Addr)
	if err != nil {
		return fmt.Errorf("GATEHOUSE_HTTP_ADDR: %w", err)
	}
	l.log.Info().Str("address", listener.Addr().String()).Msg("listening")
	go func() {
		if err := l.serve(listener); !errors.Is(err, http.ErrServerClosed) {
			l.log.Error().Err(err).Msg("listener ended")
		}
	}()
	return nil
}

func (l *Listener) serve(listener net.Listener) error {
	if l.config.Cert == "" {
		return l.server.Serve(listener)
	}
	return l.server.ServeTLS(listener, "", "") // the certificate is in the configuration
}

// Stop ends the listener: no new connections, requests in flight finish until ctx ends.
func (l *Listener) Stop(ctx context.Context) error {
	if err := l.server.Shutdown(ctx); err != nil {
		return errors.Join(err, l.server.Close())
	}
	return nil
}
