package kit_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// process returns the settings of a process of a system that is split over a bus.
func process(t *testing.T, modules string, bus ...string) map[string]string {
	t.Helper()
	return settings(t, append(bus, "MODULES="+modules, "SECRET="+goodSecret)...)
}

func TestSystem_WorksAsSeveralProcesses(t *testing.T) {
	t.Parallel()
	w := newWorld()
	address := freeAddress(t)
	start(t, w.program(), kit.Options{Environ: process(t, "edge", "NATS_LISTEN="+address)})
	if got := w.mounted(); len(got) > 0 {
		t.Errorf("the edge sees %v before anybody came", got)
	}
	start(t, w.program(), kit.Options{Environ: process(t, "orders", "NATS_URL=nats://"+address)})
	select {
	case <-w.of("edge").Directory.Changed():
	case <-time.After(20 * time.Second):
		t.Fatal("the edge heard of no change")
	}
	if diff := cmp.Diff([]string{"orders GET /cart"}, w.mounted()); diff != "" {
		t.Fatalf("the edge sees: %s", diff)
	}
	if _, err := findBook.Call(t.Context(), w.of("orders").Call, "1"); !errors.Is(err, rpc.ErrUnreached) {
		t.Errorf("a call of a service that is not there yet: %v", err)
	}

	start(t, w.program(), kit.Options{Environ: process(t, "catalog", "NATS_URL=nats://"+address)})
	w.callsArrive(t)
	w.wallsStand(t)
	w.requestsArrive(t)
	w.newsArrives(t, "catalog", "orders")
}

// The edge's process may hold modules too, and so may the other.
func TestSystem_WorksInAMixture(t *testing.T) {
	t.Parallel()
	w := newWorld()
	address := freeAddress(t)
	start(t, w.program(), kit.Options{Environ: process(t, "catalog,edge", "NATS_LISTEN="+address)})
	start(t, w.program(), kit.Options{Environ: process(t, "orders", "NATS_URL=nats://"+address)})
	w.callsArrive(t)
	w.wallsStand(t)
	w.requestsArrive(t)
	w.newsArrives(t, "catalog", "orders")
}

func TestSystem_SurvivesTheAbsenceOfAProcess(t *testing.T) {
	t.Parallel()
	w := newWorld()
	address := freeAddress(t)
	start(t, w.program(), kit.Options{Environ: process(t, "edge,orders", "NATS_LISTEN="+address)})
	environ := process(t, "catalog", "NATS_URL=nats://"+address)
	first, err := w.program().Start(t.Context(), quiet(kit.Options{Environ: environ}))
	if err != nil {
		t.Fatal(err)
	}
	w.callsArrive(t)
	eventually(t, "the edge sees the catalog", func() bool { return len(w.mounted()) == 2 })
	stop(t, first)

	if _, err := findBook.Call(t.Context(), w.of("orders").Call, "1"); !errors.Is(err, rpc.ErrUnreached) {
		t.Errorf("while the catalog is away: %v", err)
	}
	eventually(t, "requests to the catalog answer 503", func() bool {
		status, _ := w.request(t, "book-find", "/api/v1/catalog/books/7")
		return status == http.StatusServiceUnavailable
	})
	start(t, w.program(), kit.Options{Environ: environ})
	w.callsArrive(t)
	eventually(t, "requests to the catalog are answered", func() bool {
		status, _ := w.request(t, "book-find", "/api/v1/catalog/books/7")
		return status == http.StatusOK
	})
}

func TestSystem_IsNotReadyWhileItsBusIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld()
	address := freeAddress(t)
	system := start(t, w.program(), kit.Options{Environ: process(t, "orders", "NATS_URL=nats://"+address)})
	if reason := system.Ready(t.Context())["bus"]; reason == "" {
		t.Error("it is ready without a bus")
	}
	if _, err := findBook.Call(t.Context(), w.of("orders").Call, "1"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a call without a bus: %v", err)
	}
	start(t, w.program(), kit.Options{Environ: process(t, "edge,catalog", "NATS_LISTEN="+address)})
	eventually(t, "it is ready", func() bool { return len(system.Ready(t.Context())) == 0 })
	w.callsArrive(t)
}

func TestStart_RefusesABusOfAnotherSecret(t *testing.T) {
	t.Parallel()
	w := newWorld()
	address := freeAddress(t)
	start(t, w.program(), kit.Options{Environ: process(t, "edge", "NATS_LISTEN="+address)})
	stranger := process(t, "orders", "NATS_URL=nats://"+address)
	stranger["GATEHOUSE_SECRET"] = strings.ToLower(goodSecret)
	err := startFails(t, w.program(), kit.Options{Environ: stranger})
	if !strings.Contains(err.Error(), "GATEHOUSE_NATS_URL") || !strings.Contains(err.Error(), "same root secret") {
		t.Errorf("got %v", err)
	}
}
