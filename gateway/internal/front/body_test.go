package front_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Bodies are bounded before any module sees them (ASVS V4.1, 413 as our contract says).
func TestFront_LimitsBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	chunked := func(path, body string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + body
	}
	for name, request := range map[string]string{
		"announced":            "POST /api/v1/echo/public HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n" + strings.Repeat("x", 101),
		"announced, not sent":  "POST /api/v1/echo/public HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n",
		"chunked":              chunked("/api/v1/echo/public", "65\r\n"+strings.Repeat("x", 101)+"\r\n0\r\n\r\n"),
		"chunked, many pieces": chunked("/api/v1/echo/public", strings.Repeat("1\r\nx\r\n", 101)+"0\r\n\r\n"),
	} {
		answer, body := w.raw(t, request)
		t.Run(name, func(t *testing.T) { problem(t, answer, body, 413, "request.too_large") })
	}
	answer, body := w.raw(t, chunked("/api/auth/sign-in", "65\r\n"+strings.Repeat("x", 101)+"\r\n0\r\n\r\n"))
	if answer.StatusCode != 413 || !strings.Contains(body, `"code":"request.too_large"`) || answer.Header.Get("Content-Type") != "application/json" {
		t.Errorf("in the protocol's format: %d %s", answer.StatusCode, body)
	}
	if w.seen.times() != 0 {
		t.Error("a module saw one of them")
	}
	for name, request := range map[string]string{
		"at the limit":          "POST /api/v1/echo/public HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + strings.Repeat("x", 100),
		"at the limit, chunked": chunked("/api/v1/echo/public", strings.Repeat("a\r\nxxxxxxxxxx\r\n", 10)+"0\r\n\r\n"),
	} {
		if answer, body := w.raw(t, request); answer.StatusCode != 200 || w.seen.body != strings.Repeat("x", 100) {
			t.Errorf("%s: %d %s", name, answer.StatusCode, body)
		}
	}
}

// A client that sends everything before it reads gets its 413 too, not a reset connection.
func TestFront_AnswersWhoeverGoesOnSending(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	const size = 24 << 20
	for name, request := range map[string]string{
		"announced": "POST /api/v1/echo/public HTTP/1.1\r\nHost: x\r\nContent-Length: 25165824\r\n\r\n" + strings.Repeat("x", size),
		"chunked":   "POST /api/v1/echo/public HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1800000\r\n" + strings.Repeat("x", size) + "\r\n0\r\n\r\n",
	} {
		answer, body := w.raw(t, request)
		t.Run(name, func(t *testing.T) { problem(t, answer, body, 413, "request.too_large") })
	}
}

func TestFront_AsksForCredentialsBeforeTheBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	answer, body := w.raw(t, "POST /api/v1/echo/known HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
	problem(t, answer, body, 401, "authsvc.unauthenticated")
}

func TestFront_RefusesABodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	for name, request := range map[string]string{
		"a bad chunk":   "POST /api/v1/echo/public HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"a short body":  "POST /api/v1/echo/public HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nx",
		"a short chunk": "POST /api/v1/echo/public HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx",
	} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		if half, ok := conn.(*net.TCPConn); ok {
			if err := half.CloseWrite(); err != nil {
				t.Fatal(err)
			}
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		problem(t, answer, text(t, answer), 400, "gateway.body")
		_ = conn.Close()
	}
	if w.seen.times() != 0 {
		t.Error("a module saw a part of a body")
	}
}
