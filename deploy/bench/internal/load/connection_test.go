package load_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
)

// script asks for a path and keeps what came.
type script struct {
	path   string
	status int
	body   string
}

func (s *script) Next(buf []byte) []byte {
	return append(buf, "POST "+s.path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"...)
}

func (s *script) Take(status int, body []byte) error {
	s.status, s.body = status, string(body)
	if status != http.StatusOK {
		return errBroken
	}
	return nil
}

// server counts the connections that are made to it.
func server(t *testing.T) (address string, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	mux.HandleFunc("POST /long", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 100_000)) })
	mux.HandleFunc("POST /close", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	mux.HandleFunc("POST /break", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	s := httptest.NewUnstartedServer(mux)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), connections
}

func TestConnection_Do(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, path  string
		body        string
		wantErr     bool
		connections int64
	}{
		{"keeps one connection for many exchanges", "/echo", "hi", false, 1},
		{"reads an answer of any length", "/long", strings.Repeat("x", 100_000), false, 1},
		{"dials again when the server closes", "/close", "", false, 3},
		{"dials again after an answer that broke off", "/break", "", true, 3},
		{"reports what the script refuses", "/unknown", "404 page not found\n", true, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, connections := server(t)
			s := &script{path: c.path}
			connection, err := load.NewConnection(address, s)
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			for range 3 {
				if err := connection.Do(t.Context()); (err != nil) != c.wantErr {
					t.Errorf("error: %v", err)
				}
			}
			if s.body != c.body || connections.Load() != c.connections {
				t.Errorf("body of %d bytes, %d connections, want %d and %d", len(s.body), connections.Load(), len(c.body), c.connections)
			}
		})
	}
}

func TestConnection_StaysOnThisMachine(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"192.0.2.1:80", "example.com:80", "0.0.0.0:80", "127.0.0.1"} {
		if _, err := load.NewConnection(address, &script{}); err == nil {
			t.Errorf("%s was accepted", address)
		}
	}
	if _, err := load.NewConnection("[::1]:80", &script{}); err != nil {
		t.Error(err)
	}
}

func TestConnection_ReportsThatNobodyListens(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	address := gone.Listener.Addr().String()
	gone.Close()
	s := &script{path: "/echo"}
	connection, err := load.NewConnection(address, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := connection.Do(t.Context()); err == nil || errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}
