package audit_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/audit"
	"github.com/gatehouse-auth/gatehouse/audit/internal/audittest"
	"github.com/gatehouse-auth/gatehouse/audit/verify"
	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// sources are the feeds of the other modules, in memory.
type sources struct {
	mutex sync.Mutex
	all   map[string][]events.Event
	down  error
}

func (s *sources) add(t *testing.T, source string, change ...func(*events.Event)) events.Event {
	t.Helper()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	ev := audittest.Event(t, int64(len(s.all[source])+1), change...)
	s.all[source] = append(s.all[source], ev)
	return ev
}

func (s *sources) fail(err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.down = err
}

func (s *sources) read(source string) func(context.Context, events.FeedIn) (events.FeedOut, error) {
	return func(_ context.Context, in events.FeedIn) (events.FeedOut, error) {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		all := s.all[source]
		return events.FeedOut{Events: all[in.After:], Head: int64(len(all))}, s.down
	}
}

func deps(t *testing.T, s *sources) kit.Deps {
	t.Helper()
	server, err := rpc.NewServer(zerolog.Nop(),
		authapi.Events.Handle(s.read(authapi.Service)), identityapi.Events.Handle(s.read(identityapi.Service)))
	if err != nil {
		t.Fatal(err)
	}
	return kit.Deps{
		Call: rpc.NewCodec(server, true), DB: pgtest.Schema(t, audittest.Spec()), Log: zerolog.Nop(), Now: time.Now,
		Root: secret.NewRoot("the root of a test"), Wake: &events.Local{}, BaseURL: &url.URL{Scheme: "https", Host: "auth.example.com"},
	}
}

// run runs the module's loops until the test ends.
func run(t *testing.T, module *kit.Module) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var loops sync.WaitGroup
	for _, loop := range module.Loops {
		loops.Go(func() { _ = loop.Run(ctx) })
	}
	t.Cleanup(func() { cancel(); loops.Wait() })
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatal("waited in vain: " + what)
}

func ask(t *testing.T, module *kit.Module, id, target string) *httptest.ResponseRecorder {
	t.Helper()
	table, err := httpx.NewTable(module.Routes, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx := principal.With(t.Context(), principal.Principal{Subject: "auditor"})
	out := httptest.NewRecorder()
	table.Handler(id).ServeHTTP(out, httptest.NewRequestWithContext(ctx, http.MethodGet, target, nil))
	return out
}

// The path of issue 2, point 6: what happens in other modules ends under a checkpoint that
// verifies, in the order of each, whatever its type.
func TestModule_TakesInEveryFeed(t *testing.T) {
	t.Parallel()
	feeds := &sources{all: map[string][]events.Event{}}
	d := deps(t, feeds)
	for range 30 {
		feeds.add(t, authapi.Service)
	}
	spec := audit.Spec()
	module, err := spec.Build(spec.NewConfig(), d)
	if err != nil {
		t.Fatal(err)
	}
	run(t, module)
	last := feeds.add(t, identityapi.Service, func(ev *events.Event) { ev.Type = "identity.never_heard_of.v9" }, audittest.Personal("u", `{"a":"<"}`))
	d.Wake.Publish(identityapi.Service)

	key := strings.TrimSpace(ask(t, module, "key", "/api/v1/audit/key").Body.String())
	if !strings.HasPrefix(key, "auth.example.com/audit+") {
		t.Errorf("the log's key is %q", key)
	}
	eventually(t, "31 leaves under a checkpoint", func() bool {
		report, err := verify.Export(ask(t, module, "export", "/api/v1/audit/export").Body, key)
		return err == nil && report.Leaves == 31 && report.Personal == 1
	})
	var proof struct{ Leaf []byte }
	out := ask(t, module, "event-proof", "/api/v1/audit/events/"+last.ID+"/proof")
	if err := json.Unmarshal(out.Body.Bytes(), &proof); err != nil || !strings.Contains(string(proof.Leaf), "identity.never_heard_of.v9") {
		t.Errorf("proof %s, %v", out.Body, err)
	}
	if err := module.Ready(t.Context()); err != nil {
		t.Errorf("not ready: %v", err)
	}
}

func TestModule_IsNotReady(t *testing.T) {
	t.Parallel()
	t.Run("while a feed cannot be read", func(t *testing.T) {
		t.Parallel()
		feeds := &sources{all: map[string][]events.Event{}, down: fault.New(fault.Unavailable, "test.down", "Down.")}
		module, err := audit.New(audit.Config{}, deps(t, feeds))
		if err != nil {
			t.Fatal(err)
		}
		run(t, module)
		eventually(t, "an error", func() bool { return module.Ready(t.Context()) != nil })
		feeds.fail(nil)
		eventually(t, "recovery", func() bool { return module.Ready(t.Context()) == nil })
	})
	t.Run("without its database", func(t *testing.T) {
		t.Parallel()
		d := deps(t, &sources{})
		module, err := audit.New(audit.Config{}, d)
		if err != nil {
			t.Fatal(err)
		}
		d.DB.Close()
		if err := module.Ready(t.Context()); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("got %v", err)
		}
	})
	t.Run("when an event cannot be written down", func(t *testing.T) {
		t.Parallel()
		feeds := &sources{all: map[string][]events.Event{}}
		feeds.add(t, authapi.Service, func(ev *events.Event) { ev.Body = json.RawMessage(`{"a":1,"a":2}`) })
		module, err := audit.New(audit.Config{}, deps(t, feeds))
		if err != nil {
			t.Fatal(err)
		}
		run(t, module)
		eventually(t, "an error", func() bool { return module.Ready(t.Context()) != nil })
	})
}

func TestNew_RefusesSettings(t *testing.T) {
	t.Parallel()
	_, err := audit.New(audit.Config{Origin: "two words"}, deps(t, &sources{}))
	if err == nil || !strings.Contains(err.Error(), "GATEHOUSE_AUDIT_ORIGIN") {
		t.Errorf("got %v", err)
	}
}

func TestSpec_Holds(t *testing.T) {
	t.Parallel()
	module, err := audit.New(audit.Config{Origin: "log.example.com"}, deps(t, &sources{}))
	if err != nil {
		t.Fatal(err)
	}
	if err := httpx.CheckRoutes(module.Routes); err != nil {
		t.Error(err)
	}
	if key := ask(t, module, "key", "/api/v1/audit/key").Body.String(); !strings.HasPrefix(key, "log.example.com+") {
		t.Errorf("the log's key is %q", key)
	}
}
