package listen

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// log is where the listener says on which address it listens.
type log struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

func (l *log) address(t *testing.T) string {
	t.Helper()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	first, _, _ := strings.Cut(l.text.String(), "\n")
	var line struct{ Address string }
	if err := json.Unmarshal([]byte(first), &line); err != nil || line.Address == "" {
		t.Fatalf("the log says %q, %v", first, err)
	}
	return line.Address
}

func start(t *testing.T, c Config, handler http.Handler) (*Listener, string) {
	t.Helper()
	var out log
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	l := New(c, handler, zerolog.New(&out))
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Stop(context.WithoutCancel(t.Context())) })
	return l, out.address(t)
}

func get(t *testing.T, client *http.Client, url string) (int, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body), err
}

// Slow clients end by themselves: every bound is set (deployment expectations, ASVS V13.2).
func TestNew_SetsEveryBound(t *testing.T) {
	t.Parallel()
	server := New(Config{}, http.NotFoundHandler(), zerolog.Nop()).server
	for name, bound := range map[string]time.Duration{
		"ReadHeaderTimeout": server.ReadHeaderTimeout, "ReadTimeout": server.ReadTimeout, "WriteTimeout": server.WriteTimeout, "IdleTimeout": server.IdleTimeout,
	} {
		if bound <= 0 || bound > 2*time.Minute {
			t.Errorf("%s is %s", name, bound)
		}
	}
	if server.ReadHeaderTimeout > server.ReadTimeout {
		t.Error("the header may take longer than the request")
	}
	if server.MaxHeaderBytes != 16<<10 || server.TLSConfig.MinVersion != tls.VersionTLS12 || !server.DisableGeneralOptionsHandler || server.ErrorLog == nil {
		t.Errorf("header %d bytes, TLS %x", server.MaxHeaderBytes, server.TLSConfig.MinVersion)
	}
}

func TestListener_CutsSlowHeaders(t *testing.T) {
	t.Parallel()
	l := New(Config{Addr: "127.0.0.1:0"}, http.NotFoundHandler(), zerolog.Nop())
	l.server.ReadHeaderTimeout = 50 * time.Millisecond // as New sets it, and sooner
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", l.config.Addr)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = l.serve(listener) }()
	t.Cleanup(func() { _ = l.Stop(context.WithoutCancel(t.Context())) })
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the connection stays open: %v", err)
	}
}

func TestListener_RefusesLargeHeaders(t *testing.T) {
	t.Parallel()
	_, address := start(t, Config{}, http.NotFoundHandler())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Large", strings.Repeat("x", 32<<10))
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", answer.StatusCode)
	}
}

func TestListener_StopFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	l, address := start(t, Config{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = io.WriteString(w, "whole")
	}))
	client := &http.Client{Transport: &http.Transport{}}
	answered := make(chan string, 1)
	go func() {
		_, body, err := get(t, client, "http://"+address)
		if err != nil {
			body = err.Error()
		}
		answered <- body
	}()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- l.Stop(context.WithoutCancel(t.Context())) }()
	for end := time.Now().Add(20 * time.Second); ; { // nobody new gets in
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			break
		}
		_ = conn.Close()
		if time.Now().After(end) {
			t.Fatal("it still accepts connections")
		}
	}
	select {
	case err := <-stopped:
		t.Fatalf("it did not wait: %v", err)
	default:
	}
	close(leave)
	if body := <-answered; body != "whole" {
		t.Errorf("the answer is %q", body)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestListener_StopEndsWithItsTime(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	defer close(leave)
	l, address := start(t, Config{}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-leave
	}))
	go func() { _, _, _ = get(t, &http.Client{Transport: &http.Transport{}}, "http://"+address) }()
	<-entered
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Stop(over); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestListener_StopWithoutStart(t *testing.T) {
	t.Parallel()
	if err := New(Config{}, http.NotFoundHandler(), zerolog.Nop()).Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// A wrong setting stops the start with a sentence that names it.
func TestListener_StartRefusesSettings(t *testing.T) {
	t.Parallel()
	_, taken := start(t, Config{}, http.NotFoundHandler())
	certificate, key, _ := certificate(t)
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]struct {
		config  Config
		setting string
	}{
		"an address in use":     {Config{Addr: taken}, "GATEHOUSE_HTTP_ADDR"},
		"no address":            {Config{Addr: "nonsense"}, "GATEHOUSE_HTTP_ADDR"},
		"a port out of range":   {Config{Addr: "127.0.0.1:99999"}, "GATEHOUSE_HTTP_ADDR"},
		"a certificate missing": {Config{Addr: "127.0.0.1:0", Cert: "/nonexistent", Key: key}, "GATEHOUSE_TLS_CERT"},
		"a key missing":         {Config{Addr: "127.0.0.1:0", Cert: certificate, Key: "/nonexistent"}, "GATEHOUSE_TLS_KEY"},
		"a certificate broken":  {Config{Addr: "127.0.0.1:0", Cert: broken, Key: key}, "GATEHOUSE_TLS_CERT"},
	} {
		l := New(try.config, http.NotFoundHandler(), zerolog.Nop())
		if err := l.Start(t.Context()); err == nil || !strings.Contains(err.Error(), try.setting) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestListener_SpeaksTLS(t *testing.T) {
	t.Parallel()
	certificate, key, pool := certificate(t)
	_, address := start(t, Config{Cert: certificate, Key: key}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	speak := func(c *tls.Config) (string, error) {
		_, body, err := get(t, &http.Client{Transport: &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true}}, "https://"+address)
		return body, err
	}
	if proto, err := speak(&tls.Config{RootCAs: pool}); err != nil || proto != "HTTP/2.0" {
		t.Errorf("%s, %v", proto, err)
	}
	if _, err := speak(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	if _, body, err := get(t, http.DefaultClient, "http://"+address); err == nil && strings.Contains(body, "HTTP/1.1") {
		t.Errorf("plain HTTP is answered: %q", body)
	}
}

// certificate writes a certificate for 127.0.0.1 with its key.
func certificate(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	certFile, keyFile = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile, pool
}
