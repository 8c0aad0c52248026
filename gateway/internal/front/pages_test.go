package front_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/gateway/internal/gatewaytest"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// paged serves pages 1 to 4, each one line. serve may act before a page.
func paged(t *testing.T, serve func(page int, r *http.Request) error) httpx.Mount {
	t.Helper()
	return gatewaytest.Mount(t, "pages", gatewaytest.Route("all", "GET", "/api/v1/pages/all", func(r *httpx.Route) {
		r.Paged = true
		r.Timeout = 2 * time.Second
		r.Handle = func(w http.ResponseWriter, r *http.Request) error {
			number := 1
			if cursor := r.URL.Query().Get("cursor"); cursor != "" {
				var err error
				if number, err = strconv.Atoi(cursor); err != nil {
					return err
				}
			}
			w.Header().Set("Content-Type", "application/x-ndjson")
			w.Header().Set("Of-The-Module", "yes")
			if number < 4 {
				w.Header().Set(httpx.NextHeader, strconv.Itoa(number+1))
			}
			if err := serve(number, r); err != nil {
				return err
			}
			_, err := fmt.Fprintf(w, "page %d, filter %q\n", number, r.URL.Query().Get("filter"))
			return err
		}
	}))
}

func honest(int, *http.Request) error { return nil }

func TestFront_StreamsPages(t *testing.T) {
	t.Parallel()
	t.Run("all of them, as one answer, with the query of the first", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, options{mounts: []httpx.Mount{paged(t, honest)}})
		answer, body := w.ask(t, "GET", "/api/v1/pages/all?filter=a%26b", "")
		want := ""
		for page := 1; page <= 4; page++ {
			want += fmt.Sprintf("page %d, filter \"a&b\"\n", page)
		}
		if answer.StatusCode != 200 || body != want {
			t.Errorf("status %d, body\n%s", answer.StatusCode, body)
		}
		if answer.Header.Get("Content-Type") != "application/x-ndjson" || answer.Header.Get("Of-The-Module") != "yes" || answer.Header.Get(httpx.NextHeader) != "" ||
			answer.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("headers %v", answer.Header)
		}
		if lines := w.lines(t, 1); len(lines) != 1 || lines[0]["bytes"] != float64(len(want)) || lines[0]["cut"] != nil {
			t.Errorf("the log says %v", lines)
		}
	})
	t.Run("the first while the second is still being made", func(t *testing.T) {
		t.Parallel()
		read := make(chan struct{})
		w := newWorld(t, options{mounts: []httpx.Mount{paged(t, func(page int, r *http.Request) error {
			if page == 2 {
				select {
				case <-read:
				case <-r.Context().Done():
					return r.Context().Err()
				}
			}
			return nil
		})}})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+"/api/v1/pages/all", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := w.server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		body := bufio.NewReader(answer.Body)
		if line, err := body.ReadString('\n'); err != nil || !strings.HasPrefix(line, "page 1") {
			t.Fatalf("%q, %v", line, err)
		}
		close(read)
		rest, err := io.ReadAll(body)
		if err != nil || strings.Count(string(rest), "\n") != 3 {
			t.Errorf("%q, %v", rest, err)
		}
	})
	t.Run("for longer than one answer may take to write", func(t *testing.T) {
		t.Parallel()
		const write = 300 * time.Millisecond
		began := time.Now()
		w := newWorld(t, options{write: write, mounts: []httpx.Mount{paged(t, func(page int, r *http.Request) error {
			slow, done := context.WithTimeout(r.Context(), time.Duration(page-1)*write/2)
			defer done()
			<-slow.Done()
			return r.Context().Err()
		})}})
		if body, cut := w.cut(t, "/api/v1/pages/all"); cut || strings.Count(body, "\n") != 4 {
			t.Errorf("after %s: cut %t, body\n%s", time.Since(began), cut, body)
		}
	})
	t.Run("only the first for HEAD", func(t *testing.T) {
		t.Parallel()
		last := make(chan int, 10)
		w := newWorld(t, options{mounts: []httpx.Mount{paged(t, func(page int, _ *http.Request) error { last <- page; return nil })}})
		answer, body := w.ask(t, "HEAD", "/api/v1/pages/all", "")
		if answer.StatusCode != 200 || body != "" || len(last) != 1 {
			t.Errorf("status %d, body %q, %d pages were made", answer.StatusCode, body, len(last))
		}
	})
}

// cut reads an answer to its end and reports whether it ends as a whole one does.
func (w *world) cut(t *testing.T, path string) (string, bool) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := w.server.Client().Do(r)
	if err != nil {
		return "", true
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16)) // one without an end is not cut
	return string(body), err != nil
}

// Nobody takes a part for the whole: a later page that fails cuts the connection.
func TestFront_CutsPagesThatFail(t *testing.T) {
	t.Parallel()
	failing := func(bad int, err error) func(int, *http.Request) error {
		return func(page int, _ *http.Request) error {
			if page == bad {
				return err
			}
			return nil
		}
	}
	down := fault.New(fault.Unavailable, "test.down", "Down.")
	t.Run("on the first page it is the answer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, options{mounts: []httpx.Mount{paged(t, failing(1, down))}})
		answer, body := w.ask(t, "GET", "/api/v1/pages/all", "")
		problem(t, answer, body, 503, "test.down")
		if answer.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	})
	for bad := 2; bad <= 4; bad++ {
		t.Run(fmt.Sprintf("on page %d", bad), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{mounts: []httpx.Mount{paged(t, failing(bad, down))}})
			body, cut := w.cut(t, "/api/v1/pages/all")
			if !cut || strings.Count(body, "\n") >= bad {
				t.Errorf("cut %t, body\n%s", cut, body)
			}
			if line := w.lines(t, 1)[0]; line["cut"] != true || line["route"] != "/api/v1/pages/all" {
				t.Errorf("the log says %v", line)
			}
		})
	}
	t.Run("on a page that takes too long", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, options{mounts: []httpx.Mount{paged(t, func(page int, r *http.Request) error {
			if page == 3 {
				<-r.Context().Done()
				return r.Context().Err()
			}
			return nil
		})}})
		if body, cut := w.cut(t, "/api/v1/pages/all"); !cut {
			t.Errorf("body\n%s", body)
		}
	})
	t.Run("on a cursor that leads nowhere", func(t *testing.T) {
		t.Parallel()
		loop := gatewaytest.Route("loop", "GET", "/api/v1/pages/loop", func(r *httpx.Route) {
			r.Paged = true
			r.Handle = func(w http.ResponseWriter, _ *http.Request) error {
				w.Header().Set(httpx.NextHeader, "again")
				return httpx.WriteJSON(w, 1)
			}
		})
		w := newWorld(t, options{mounts: []httpx.Mount{gatewaytest.Mount(t, "pages", loop)}})
		if body, cut := w.cut(t, "/api/v1/pages/loop"); !cut {
			t.Errorf("body\n%s", body)
		}
	})
}
