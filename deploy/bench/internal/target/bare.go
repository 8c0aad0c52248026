package target

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/gorilla/mux"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/process"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/scenario"
)

// Bare is the floor: the least that a Go service with a router and a log does for a request.
// It is this program again, started with the argument BareRole.
func Bare(scratch string) (Target, error) {
	folder, err := makeFolder(scratch, "bare")
	if err != nil {
		return Target{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return Target{}, err
	}
	return Target{
		Name: "bare net/http, gorilla/mux, zerolog", Scenarios: scenario.OfBare(), folder: folder,
		ready: []string{barePath},
		command: func(address string) (process.Command, error) {
			return process.Command{Path: self, Args: []string{BareRole, address}}, nil
		},
	}, nil
}

// BareRole is the argument that turns this program into the bare handler.
const BareRole = "bare"

const barePath = "/api/auth/get-session"

// bareAnswer has the size of an answer to get-session.
const bareAnswer = `{"session":{"expiresAt":"2026-11-30T22:12:42.615Z","token":"gXW5XErjZP_TS9-D9IcUSCX9e_it6IGm5dqpFwj9sHI",` +
	`"createdAt":"2026-11-23T22:12:42.615Z","updatedAt":"2026-11-23T22:12:42.615Z","ipAddress":"127.0.0.1","userAgent":"gatehouse-bench",` +
	`"userId":"01a20a77-f10a-7b40-a221-f49f7b6c6af0","impersonatedBy":null,"id":"01a20a77-f1f7-7d1a-9cd2-b1c6e180d60a"},` +
	`"user":{"name":"Ada","email":"ada@bench.example","emailVerified":false,"image":null,"createdAt":"2026-11-23T22:12:42.482Z",` +
	`"updatedAt":"2026-11-23T22:12:42.482Z","twoFactorEnabled":false,"role":"user","banned":false,"banReason":null,"banExpires":null,` +
	`"username":null,"displayUsername":null,"id":"01a20a77-f10a-7b40-a221-f49f7b6c6af0"}}`

// ServeBare answers on address until ctx ends.
func ServeBare(ctx context.Context, address string) error {
	log := zerolog.New(os.Stderr).With().Timestamp().Logger()
	router := mux.NewRouter()
	router.HandleFunc(barePath, func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		w.Header().Set("Content-Type", "application/json")
		n, _ := w.Write([]byte(bareAnswer)) // a client that has gone needs no answer
		log.Info().Str("method", r.Method).Str("route", barePath).Int("status", http.StatusOK).Int("bytes", n).
			Dur("took_ms", time.Since(began)).Msg("request")
	}).Methods(http.MethodGet)
	server := &http.Server{Addr: address, Handler: router, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })() // it serves nothing worth waiting for
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
