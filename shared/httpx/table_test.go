package httpx_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// canary is in every part of the requests that no log line and no answer may show.
const canary = "c4nary-s3cret"

// run sends one request through the pipeline around handle and returns the answer and
// what was logged.
func run(t testing.TB, change func(*httpx.Route), handle httpx.HandlerFunc, body string) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var log bytes.Buffer
	r := route()
	r.Method, r.Handle = http.MethodPost, handle
	if change != nil {
		change(&r)
	}
	table, err := httpx.NewTable([]httpx.Route{r}, zerolog.New(&log))
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, "/api/v1/books/7?token="+canary, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+canary)
	request.Header.Set("Cookie", "id="+canary)
	answer := httptest.NewRecorder()
	ctx := trace.With(t.Context(), trace.Span{RequestID: "r-1"})
	table.Handler(r.ID).ServeHTTP(answer, request.WithContext(ctx))
	if strings.Contains(log.String(), canary) {
		t.Errorf("the log shows what the request held: %s", log.String())
	}
	return answer, log.String()
}

func TestTable_KnowsItsHandlers(t *testing.T) {
	t.Parallel()
	table, err := httpx.NewTable([]httpx.Route{route()}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	mount := httpx.MountTable("catalog", table)
	if mount.Service != "catalog" || len(mount.Routes) != 1 || mount.Handler(mount.Routes[0]) == nil {
		t.Errorf("mounted as %+v", mount)
	}
	if table.Handler("book-burn") != nil || mount.Handler(httpx.Route{ID: "book-burn"}) != nil {
		t.Error("there is a handler for a route that is not in the table")
	}
}

func TestTable_HandlerSeesWhatMayCross(t *testing.T) {
	t.Parallel()
	type smuggledKey struct{}
	r := route()
	var got context.Context
	r.Handle = func(_ http.ResponseWriter, r *http.Request) error {
		got = r.Context()
		return nil
	}
	table, err := httpx.NewTable([]httpx.Route{r}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx := trace.With(principal.With(t.Context(), principal.Principal{Subject: "reader-1"}), trace.Span{RequestID: "r-1"})
	ctx = context.WithValue(ctx, smuggledKey{}, "a transaction")
	request := httptest.NewRequest(http.MethodGet, "/api/v1/books/7", nil).WithContext(ctx)
	table.Handler(r.ID).ServeHTTP(httptest.NewRecorder(), request)
	if p, ok := principal.From(got); !ok || p.Subject != "reader-1" || trace.From(got).RequestID != "r-1" {
		t.Errorf("the handler saw %+v and %+v", p, trace.From(got))
	}
	if got.Value(smuggledKey{}) != nil {
		t.Error("a value was smuggled to the handler")
	}
}

func TestTable_EndsHandlersAfterTheTimeoutOfTheRoute(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ given, want time.Duration }{
		"its own": {90 * time.Second, 90 * time.Second}, "the default": {0, httpx.DefaultTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				answer, log := run(t, func(r *httpx.Route) { r.Timeout = c.given }, func(_ http.ResponseWriter, r *http.Request) error {
					<-r.Context().Done()
					return fmt.Errorf("find book: %w", r.Context().Err())
				}, "")
				if took := time.Since(began); took != c.want {
					t.Errorf("it took %s, want %s", took, c.want)
				}
				if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" || log != "" {
					t.Errorf("answered %d %v, logged %q", answer.Code, answer.Header(), log)
				}
			})
		})
	}
}

// ASVS 5.0, V4.3.1 and V15.2.2: a request cannot be larger than its route says.
func TestTable_LimitsBodies(t *testing.T) {
	t.Parallel()
	decoding := func(_ http.ResponseWriter, r *http.Request) error {
		_, err := httpx.Decode[map[string]string](r)
		return err
	}
	reading := func(_ http.ResponseWriter, r *http.Request) error {
		if _, err := io.ReadAll(r.Body); err != nil {
			return fmt.Errorf("read body: %w", err)
		}
		return nil
	}
	form := func(_ http.ResponseWriter, r *http.Request) error {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r.ParseForm()
	}
	const body = `{"title":"Emma"}`
	for name, handle := range map[string]httpx.HandlerFunc{"Decode": decoding, "reading": reading, "a form": form} {
		for spare, want := range map[int64]int{0: http.StatusOK, -1: http.StatusRequestEntityTooLarge} {
			t.Run(fmt.Sprintf("%s with %d bytes to spare", name, spare), func(t *testing.T) {
				t.Parallel()
				answer, log := run(t, func(r *httpx.Route) { r.MaxBody = int64(len(body)) + spare }, handle, body)
				if answer.Code != want || log != "" {
					t.Errorf("answered %d, want %d; logged %q", answer.Code, want, log)
				}
			})
		}
	}
	answer, _ := run(t, nil, reading, strings.Repeat("x", httpx.DefaultMaxBody+1))
	if answer.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("above the default limit: %d", answer.Code)
	}
}

func TestTable_LogsOnceAndOnlyBugsAndOutages(t *testing.T) {
	t.Parallel()
	outage := fault.New(fault.Unavailable, "storage", "Storage is away.")
	cases := map[string]struct {
		err    error
		status int
		logged []string // in the one line; none: no line
	}{
		"no error":               {nil, 200, nil},
		"a refusal":              {fault.New(fault.Denied, "no", "No.").With(errors.New("cause")), 403, nil},
		"a wrong request":        {httpx.ErrBody.With(errors.New("cause")), 400, nil},
		"a limit":                {fault.New(fault.Exhausted, "often", "Later."), 429, nil},
		"overload":               {fault.New(fault.Overloaded, "busy", "Later."), 503, nil},
		"an outage further away": {outage, 503, nil},
		"a caller that left":     {context.Canceled, 503, nil},
		"an outage here":         {outage.With(errors.New("dial 10.0.0.7")), 503, []string{"dial 10.0.0.7", `"code":"storage"`}},
		"a bug":                  {errors.New("index out of range"), 500, []string{"index out of range", `"code":"internal"`}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, log := run(t, nil, func(http.ResponseWriter, *http.Request) error { return c.err }, canary)
			if answer.Code != c.status {
				t.Errorf("answered %d, want %d", answer.Code, c.status)
			}
			if strings.Contains(answer.Body.String(), "cause") || strings.Contains(answer.Body.String(), "10.0.0.7") {
				t.Errorf("the answer shows the cause: %s", answer.Body)
			}
			if lines := strings.Count(log, "\n"); lines != min(1, len(c.logged)) {
				t.Fatalf("%d lines: %s", lines, log)
			}
			if len(c.logged) == 0 {
				return
			}
			for _, want := range append(c.logged, `"route":"book-find"`, `"request_id":"r-1"`, `"level":"error"`) {
				if !strings.Contains(log, want) {
					t.Errorf("the line lacks %s: %s", want, log)
				}
			}
		})
	}
}

func TestTable_SurvivesPanics(t *testing.T) {
	t.Parallel()
	answer, log := run(t, nil, func(http.ResponseWriter, *http.Request) error { panic("out of cheese") }, canary)
	if answer.Code != http.StatusInternalServerError || strings.Contains(answer.Body.String(), "cheese") {
		t.Errorf("answered %d %s", answer.Code, answer.Body)
	}
	if strings.Count(log, "\n") != 1 || !strings.Contains(log, "out of cheese") || !strings.Contains(log, "table_test.go") {
		t.Errorf("one line with the place is wanted: %s", log)
	}
}

func TestTable_AnswersOnce(t *testing.T) {
	t.Parallel()
	for name, handle := range map[string]httpx.HandlerFunc{
		"a status, then an error": func(w http.ResponseWriter, _ *http.Request) error {
			w.WriteHeader(http.StatusAccepted)
			return errors.New("too late")
		},
		"a status, then a panic": func(w http.ResponseWriter, _ *http.Request) error {
			w.WriteHeader(http.StatusAccepted)
			panic("too late")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, log := run(t, nil, handle, "")
			if answer.Code != http.StatusAccepted || answer.Body.Len() > 0 {
				t.Errorf("answered %d %q on top", answer.Code, answer.Body)
			}
			if strings.Count(log, "\n") != 1 || !strings.Contains(log, "too late") {
				t.Errorf("one line is wanted: %s", log)
			}
		})
	}
	answer, _ := run(t, nil, func(w http.ResponseWriter, _ *http.Request) error {
		_, _ = io.WriteString(w, "half an answer")
		return errors.New("too late")
	}, "")
	if answer.Code != http.StatusOK || answer.Body.String() != "half an answer" {
		t.Errorf("answered %d %q", answer.Code, answer.Body)
	}
}

func TestTable_LetsHandlersFlush(t *testing.T) {
	t.Parallel()
	answer, _ := run(t, nil, func(w http.ResponseWriter, _ *http.Request) error {
		return http.NewResponseController(w).Flush()
	}, "")
	if !answer.Flushed || answer.Code != http.StatusOK {
		t.Errorf("flushed %t, answered %d", answer.Flushed, answer.Code)
	}
}
