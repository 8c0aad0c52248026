package kit_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

// visit asks the private listener.
func visit(t testing.TB, system *kit.System, method, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+system.OpsAddr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true // leave no connection behind
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestOps_SaysWhyTheProcessIsNotReady(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	p := program(
		spec("catalog", func(kit.Deps) *kit.Module {
			return &kit.Module{Ready: func(context.Context) error {
				if broken.Load() {
					return errors.New("the shelf is on fire")
				}
				return nil
			}}
		}),
		spec("orders", idle))
	system := start(t, p, kit.Options{Environ: settings(t)})
	for _, want := range []struct {
		broken  bool
		status  int
		reasons map[string]string
	}{
		{false, http.StatusOK, map[string]string{}},
		{true, http.StatusServiceUnavailable, map[string]string{"catalog": "the shelf is on fire"}},
		{false, http.StatusOK, map[string]string{}},
	} {
		broken.Store(want.broken)
		status, body := visit(t, system, http.MethodGet, "/readyz")
		var got struct {
			Ready   bool              `json:"ready"`
			Reasons map[string]string `json:"reasons"`
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		if status != want.status || got.Ready == want.broken || !cmp.Equal(got.Reasons, want.reasons) {
			t.Errorf("broken %t: %d %s", want.broken, status, body)
		}
		if diff := cmp.Diff(want.reasons, system.Ready(t.Context())); diff != "" {
			t.Errorf("Ready: %s", diff)
		}
		if status, _ := visit(t, system, http.MethodGet, "/livez"); status != http.StatusOK {
			t.Errorf("broken %t: /livez answers %d; a restart would not help", want.broken, status)
		}
	}
}

func TestOps_PublishesMetricsByModule(t *testing.T) {
	t.Parallel()
	counting := func(name string) kit.Spec {
		return spec(name, func(deps kit.Deps) *kit.Module {
			counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "books_total", Help: "Books."})
			deps.Metrics.MustRegister(counter)
			counter.Inc()
			return &kit.Module{}
		})
	}
	system := start(t, program(counting("catalog"), counting("orders")), kit.Options{Environ: settings(t)})
	status, body := visit(t, system, http.MethodGet, "/metrics")
	for _, want := range []string{`books_total{module="catalog"} 1`, `books_total{module="orders"} 1`, "go_goroutines", "process_resident_memory_bytes"} {
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%d, without %s", status, want)
		}
	}
}

func TestOps_AnswersNothingElse(t *testing.T) {
	t.Parallel()
	system := start(t, program(spec("catalog", idle)), kit.Options{Environ: settings(t)})
	for line, want := range map[string]int{
		"GET /": 404, "GET /debug/pprof/": 404, "GET /metrics/": 404, "POST /readyz": 405, "DELETE /livez": 405, "HEAD /readyz": 200,
	} {
		method, path, _ := strings.Cut(line, " ")
		if status, _ := visit(t, system, method, path); status != want {
			t.Errorf("%s: %d, want %d", line, status, want)
		}
	}
}

// A process is ready when all of its modules have started, and not before.
func TestOps_IsNotReadyWhileModulesStart(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	during := 0
	p := program(spec("catalog", func(kit.Deps) *kit.Module {
		return &kit.Module{Start: func(ctx context.Context) error {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
			if err != nil {
				return err
			}
			request.Close = true
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				return err
			}
			during = answer.StatusCode
			return answer.Body.Close()
		}}
	}))
	system := start(t, p, kit.Options{Environ: settings(t, "OPS_ADDR="+address)})
	if during != http.StatusServiceUnavailable {
		t.Errorf("while the module started, /readyz answered %d", during)
	}
	if status, body := visit(t, system, http.MethodGet, "/readyz"); status != http.StatusOK {
		t.Errorf("afterwards: %d %s", status, body)
	}
}
