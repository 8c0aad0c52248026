package kit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// opsServer is the private listener: health and metrics.
type opsServer struct {
	http     *http.Server
	listener net.Listener
}

// openOps opens the private listener on GATEHOUSE_OPS_ADDR.
func (s *System) openOps(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.settings.OpsAddr)
	if err != nil {
		return fmt.Errorf("GATEHOUSE_OPS_ADDR: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", s.serveReadiness)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}))
	s.ops = &opsServer{listener: listener, http: &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10,
	}}
	go func() { _ = s.ops.http.Serve(listener) }() // ends with ErrServerClosed at stop
	return nil
}

func (o *opsServer) stop(ctx context.Context) error {
	if err := o.http.Shutdown(ctx); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// OpsAddr returns the address of the private listener.
func (s *System) OpsAddr() string { return s.ops.listener.Addr().String() }

// Ready reports, by module, why it cannot work now. An empty map means ready.
func (s *System) Ready(ctx context.Context) map[string]string {
	reasons := map[string]string{}
	if !s.open.Load() {
		reasons["system"] = "it starts or stops"
	}
	if err := s.wires.status(); err != nil {
		reasons["bus"] = err.Error()
	}
	for _, m := range s.modules {
		if m.module.Ready == nil {
			continue
		}
		if err := m.module.Ready(ctx); err != nil {
			reasons[m.spec.Name] = err.Error()
		}
	}
	return reasons
}

func (s *System) serveReadiness(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	reasons := s.Ready(ctx)
	status := http.StatusOK
	if len(reasons) > 0 {
		status = http.StatusServiceUnavailable
	}
	_ = httpx.WriteStatus(w, status, map[string]any{"ready": len(reasons) == 0, "reasons": reasons})
}
