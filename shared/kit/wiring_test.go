package kit_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// The contract of the shop's catalog.
type book struct {
	ISBN  string   `json:"isbn"`
	Title string   `json:"title"`
	Notes []string `json:"notes"`
}

var (
	findBook       = rpc.Method[string, book]{Service: "catalog", Name: "find", Major: 1, Timeout: 10 * time.Second, Idempotent: true}
	burnBook       = rpc.Method[string, none]{Service: "catalog", Name: "burn", Major: 1, Timeout: 10 * time.Second}
	errBookUnknown = fault.New(fault.NotFound, "catalog.book_unknown", "There is no such book.")
)

// world is a shop of three modules: orders may find books in the catalog, and an edge
// sees the pages of both.
type world struct {
	mutex sync.Mutex
	deps  map[string]kit.Deps
	finds int
}

func newWorld() *world { return &world{deps: map[string]kit.Deps{}} }

func (w *world) of(name string) kit.Deps {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.deps[name]
}

// module returns a spec that keeps its dependencies in the world.
func (w *world) module(name string, m *kit.Module) kit.Spec {
	return spec(name, func(deps kit.Deps) *kit.Module {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		w.deps[name] = deps
		return m
	})
}

func (w *world) catalog() kit.Spec {
	s := w.module("catalog", &kit.Module{
		Handlers: []rpc.Handler{
			findBook.Handle(func(_ context.Context, isbn string) (book, error) {
				w.mutex.Lock()
				defer w.mutex.Unlock()
				w.finds++
				if isbn != "1" {
					return book{}, errBookUnknown
				}
				return book{ISBN: "1", Title: "Emma", Notes: []string{"first edition"}}, nil
			}),
			burnBook.Handle(func(context.Context, string) (none, error) { return none{}, nil }),
		},
		Routes: []httpx.Route{page("book-find", "/api/v1/catalog/books/{isbn}", func(w http.ResponseWriter, r *http.Request) error {
			return httpx.WriteJSON(w, r.PathValue("isbn")+" for "+trace.From(r.Context()).RequestID)
		})},
	})
	s.Contract = []rpc.Desc{findBook.Desc(), burnBook.Desc()}
	return s
}

func (w *world) orders() kit.Spec {
	return w.module("orders", &kit.Module{Routes: []httpx.Route{
		page("cart-show", "/cart", func(w http.ResponseWriter, _ *http.Request) error { return httpx.WriteJSON(w, "empty") }),
	}})
}

func (w *world) edge() kit.Spec {
	s := w.module("edge", &kit.Module{})
	s.Edge, s.Claims = true, map[string][]string{"orders": {"/cart"}}
	return s
}

func (w *world) program() kit.Program {
	return kit.Program{
		Name: "shop", Specs: []kit.Spec{w.catalog(), w.orders(), w.edge()},
		Graph: rpc.Graph{"catalog": {}, "orders": {"catalog.find"}, "edge": {"catalog", "orders"}},
	}
}

// mounted lists what the edge sees: "service METHOD path".
func (w *world) mounted() []string {
	places := []string{}
	for _, mount := range w.of("edge").Directory.Mounts() {
		for _, route := range mount.Routes {
			places = append(places, mount.Service+" "+route.Method+" "+route.Path)
		}
	}
	return places
}

// request sends a request through the edge's directory.
func (w *world) request(t testing.TB, id, path string) (int, string) {
	t.Helper()
	for _, mount := range w.of("edge").Directory.Mounts() {
		for _, route := range mount.Routes {
			if route.ID == id {
				answer := httptest.NewRecorder()
				request := httptest.NewRequest(http.MethodGet, path, nil)
				ctx := trace.With(t.Context(), trace.Span{RequestID: "r-1"})
				mount.Handler(route).ServeHTTP(answer, request.WithContext(ctx))
				return answer.Code, answer.Body.String()
			}
		}
	}
	return http.StatusNotFound, "no such route"
}

var wirings = map[string]kit.Wiring{"direct": kit.Direct, "codec": kit.Codec, "bus": kit.Bus}

func TestSystem_WorksTheSameInEveryWiring(t *testing.T) {
	t.Parallel()
	for name, wiring := range wirings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			start(t, w.program(), kit.Options{Environ: settings(t), Wiring: wiring})
			w.callsArrive(t)
			w.wallsStand(t)
			w.requestsArrive(t)
			w.newsArrives(t, "catalog", "orders")
			w.mutex.Lock()
			defer w.mutex.Unlock()
			if want := map[kit.Wiring]int{kit.Direct: 2, kit.Codec: 3, kit.Bus: 2}[wiring]; w.finds != want {
				t.Errorf("find ran %d times, want %d", w.finds, want) // codec: twice where it succeeded
			}
		})
	}
}

func (w *world) callsArrive(t *testing.T) {
	t.Helper()
	got, err := findBook.Call(t.Context(), w.of("orders").Call, "1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(book{"1", "Emma", []string{"first edition"}}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := findBook.Call(t.Context(), w.of("orders").Call, "2"); !errors.Is(err, errBookUnknown) {
		t.Errorf("a refusal arrived as %v", err)
	}
}

func (w *world) wallsStand(t *testing.T) {
	t.Helper()
	if _, err := burnBook.Call(t.Context(), w.of("orders").Call, "1"); !errors.Is(err, rpc.ErrNotAllowed) {
		t.Errorf("orders burn a book: %v", err)
	}
	if _, err := findBook.Call(t.Context(), w.of("catalog").Call, "1"); !errors.Is(err, rpc.ErrNotAllowed) {
		t.Errorf("the catalog calls itself: %v", err)
	}
	for _, name := range []string{"catalog", "orders"} {
		if w.of(name).Directory != nil {
			t.Errorf("%s sees the routes of others", name)
		}
		if w.of(name).DB != nil {
			t.Errorf("%s has no migrations and got a database", name)
		}
	}
}

func (w *world) requestsArrive(t *testing.T) {
	t.Helper()
	want := []string{"catalog GET /api/v1/catalog/books/{isbn}", "orders GET /cart"}
	eventually(t, "both services are mounted", func() bool { return len(w.mounted()) == len(want) })
	if diff := cmp.Diff(want, w.mounted()); diff != "" {
		t.Error(diff)
	}
	if status, body := w.request(t, "book-find", "/api/v1/catalog/books/7"); status != http.StatusOK || body != `"7 for r-1"` {
		t.Errorf("the catalog answers %d %s", status, body)
	}
	if status, body := w.request(t, "cart-show", "/cart"); status != http.StatusOK || body != `"empty"` {
		t.Errorf("the orders answer %d %s", status, body)
	}
}

// newsArrives publishes until it is heard: a subscription on a bus takes a moment.
func (w *world) newsArrives(t *testing.T, from, to string) {
	t.Helper()
	var wake events.Wake = w.of(to).Wake
	news, end := wake.Subscribe(from)
	defer end()
	eventually(t, to+" hears of "+from, func() bool {
		w.of(from).Wake.Publish(from)
		select {
		case <-news:
			return true
		case <-time.After(20 * time.Millisecond):
			return false
		}
	})
}

func TestSystem_RefusesRoutesOutsideTheirClaimOnTheBus(t *testing.T) {
	t.Parallel()
	w := newWorld()
	p := w.program()
	p.Specs[2].Claims = nil // nobody gave /cart to the orders
	start(t, p, kit.Options{Environ: settings(t), Wiring: kit.Bus})
	eventually(t, "the catalog is mounted", func() bool { return len(w.mounted()) > 0 })
	if diff := cmp.Diff([]string{"catalog GET /api/v1/catalog/books/{isbn}"}, w.mounted()); diff != "" {
		t.Error(diff)
	}
}

func TestSystem_TellsItsEdgeOfNothingWhenAlone(t *testing.T) {
	t.Parallel()
	w := newWorld()
	p := w.program()
	p.Specs = p.Specs[2:]
	p.Graph = rpc.Graph{"edge": {}}
	start(t, p, kit.Options{Environ: settings(t)})
	if got := strings.Join(w.mounted(), ", "); got != "" {
		t.Errorf("it sees %s", got)
	}
	select {
	case <-w.of("edge").Directory.Changed():
		t.Error("it heard of a change")
	default:
	}
}
