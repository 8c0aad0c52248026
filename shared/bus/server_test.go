package bus_test

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Covers CVE-2023-47090: nobody gets in without a key.
//
// Covers ASVS V8.3.1.
func TestServer_RefusesAnonymousConnections(t *testing.T) {
	t.Parallel()
	server := startServer(t, loopback)
	for name, options := range map[string][]nats.Option{
		"without credentials": nil,
		"with a password":     {nats.UserInfo("orders", "orders")},
		"with a token":        {nats.Token("orders")},
	} {
		nc, err := nats.Connect(server.ClientURL(), append(options, nats.NoReconnect())...)
		if err == nil {
			nc.Close()
			t.Errorf("a connection %s was accepted", name)
		}
	}
}

func TestServer_RefusesAnotherRootSecret(t *testing.T) {
	t.Parallel()
	server := startServer(t, loopback)
	for _, cfg := range []bus.ConnectConfig{inProcess(server, "orders"), overTCP(server, "orders")} {
		cfg.Root = secret.NewRoot("another root secret, just as long")
		conn, err := bus.Connect(t.Context(), cfg)
		if err == nil {
			conn.Close()
			t.Fatal("a key of another root secret was accepted")
		}
		if !strings.Contains(err.Error(), "same root secret") {
			t.Errorf("the error does not say what to do: %v", err)
		}
	}
}

func TestServer_RefusesModulesThatTheGraphDoesNotName(t *testing.T) {
	t.Parallel()
	if conn, err := bus.Connect(t.Context(), overTCP(startServer(t, loopback), "stranger")); err == nil {
		conn.Close()
		t.Fatal("a stranger was accepted")
	}
}

func TestStartServer_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", loopback)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for name, c := range map[string]struct {
		cfg  bus.ServerConfig
		want string
	}{
		"a port in use":    {bus.ServerConfig{Listen: taken.Addr().String(), Users: users(t)}, "choose another address"},
		"no port":          {bus.ServerConfig{Listen: "localhost", Users: users(t)}, "must be host:port"},
		"a port too large": {bus.ServerConfig{Listen: "localhost:70000", Users: users(t)}, "0 to 65535"},
		"no users":         {bus.ServerConfig{}, "let everybody in"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, err := bus.StartServer(c.cfg)
			if err == nil {
				server.Shutdown()
				t.Fatal("the server started")
			}
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want one sentence with %q", err, c.want)
			}
		})
	}
}

func TestServer_ListensOnlyWhereItIsAsked(t *testing.T) {
	t.Parallel()
	if url := startServer(t, "").ClientURL(); url != "" {
		t.Errorf("a server for this process only listens on %s", url)
	}
	if url := startServer(t, loopback).ClientURL(); !strings.HasPrefix(url, "nats://127.0.0.1:") {
		t.Errorf("got %q", url)
	}
}

func TestServer_LogsRefusalsWithoutSecrets(t *testing.T) {
	t.Parallel()
	var out lockedBuffer
	server, err := bus.StartServer(bus.ServerConfig{Listen: loopback, Users: users(t), Log: zerolog.New(&out)})
	if err != nil {
		t.Fatal(err)
	}
	cfg := overTCP(server, "orders")
	cfg.Root = secret.NewRoot("another root secret, just as long")
	if conn, err := bus.Connect(t.Context(), cfg); err == nil {
		conn.Close()
		t.Fatal("a key of another root secret was accepted")
	}
	server.Shutdown()
	if !strings.Contains(out.String(), "authentication error") || !strings.Contains(out.String(), `"level":"error"`) {
		t.Errorf("the refusal is not in the log: %s", out.String())
	}
	if strings.Contains(out.String(), "root secret") {
		t.Error("the log holds a secret")
	}
}

func TestConnect_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	server := startServer(t, "")
	for name, cfg := range map[string]bus.ConnectConfig{
		"neither server nor URL": {Module: "orders", Root: root()},
		"server and URL":         {Server: server, URL: "nats://127.0.0.1:1", Module: "orders", Root: root()},
		"no host":                {URL: "localhost", Module: "orders", Root: root()},
		"a password that breaks": {URL: "nats://me:hunter2%zz@localhost", Module: "orders", Root: root()},
		"a name with wildcards":  {Server: server, Module: "orders.*", Root: root()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := bus.Connect(t.Context(), cfg)
			if err == nil {
				conn.Close()
				t.Fatal("connected")
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
}

// lockedBuffer is a buffer that several goroutines may write to.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
