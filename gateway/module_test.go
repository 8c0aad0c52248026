package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/gateway/gatewayapi"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/gatewaytest"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

// output is a log that a test reads while it is written.
type output struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(p)
}

// field returns the first value that the log has of a field.
func (o *output) field(name string) string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	for line := range strings.Lines(o.text.String()) {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) == nil && fields[name] != nil {
			value, _ := fields[name].(string)
			return value
		}
	}
	return ""
}

// A gateway that serves its own routes and learns of the others as they come up, with
// neither a change nor a restart.
func TestModule_LearnsOfServicesAsTheyComeUp(t *testing.T) {
	t.Parallel()
	key := gatewaytest.NewKey("key-1", 1)
	var log output
	directory := gatewaytest.NewDirectory()
	module, err := New(Config{Addr: "127.0.0.1:0"}, kit.Deps{
		Call: gatewaytest.NewModules(key).Caller(t), Directory: directory, BaseURL: &url.URL{Scheme: "https", Host: "auth.example.com"},
		Log: zerolog.New(&log), Now: time.Now, Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, loop := range module.Loops {
		go func() { _ = loop.Run(ctx) }()
	}
	if err := module.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = module.Stop(context.WithoutCancel(t.Context())) }()
	address := "http://" + log.field("address")

	own := gatewaytest.Mount(t, gatewayapi.Service, module.Routes...)
	directory.Replace(own)
	waitFor(t, "its own routes", func() bool { return status(t, address+"/openapi.json") == 200 })
	if err := module.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "waiting for audit, authsvc, identity") {
		t.Errorf("ready without the modules: %v", err)
	}
	if got := status(t, address+"/api/v1/me"); got != 503 {
		t.Errorf("a service that has not come up: %d", got)
	}
	mounts := []httpx.Mount{own}
	for _, service := range []string{"audit", "authsvc", "identity"} {
		mounts = append(mounts, gatewaytest.Mount(t, service, gatewaytest.Route("a", "GET", "/api/v1/"+service+"/a")))
	}
	directory.Replace(mounts...)
	waitFor(t, "the modules", func() bool { return module.Ready(t.Context()) == nil })
	if got := status(t, address+"/api/v1/audit/a"); got != 200 {
		t.Errorf("a service that came up: %d", got)
	}
	if got := status(t, address+"/api/v1/me"); got != 404 {
		t.Errorf("a path that its service does not have: %d", got)
	}
}

func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain for " + what)
		}
	}
}

func status(t *testing.T, target string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func TestSpec_IsTheEdge(t *testing.T) {
	t.Parallel()
	spec := Spec()
	if !spec.Edge || spec.Name != gatewayapi.Service || len(spec.Claims) == 0 || spec.Migrations != nil {
		t.Errorf("spec %+v", spec)
	}
	if _, ok := spec.NewConfig().(*Config); !ok {
		t.Errorf("configured with a %T", spec.NewConfig())
	}
}
