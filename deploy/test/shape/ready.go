package shape

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"testing"
	"time"
)

// Until asks again and again whether something holds, and fails the test with the last
// reason when the limit is over. holds returns nil when it does.
func Until(t testing.TB, limit time.Duration, holds func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit)
	defer cancel()
	began := time.Now()
	for {
		err := holds(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("not within %s: %v", time.Since(began).Round(time.Millisecond), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// AwaitReady waits until all of the system says that it is ready.
func (s *System) AwaitReady(t testing.TB) {
	t.Helper()
	listeners := maps.Clone(s.OpsOf)
	if listeners == nil {
		listeners = map[string]string{string(s.Kind): s.Ops}
	}
	Until(t, readyLimit, func(ctx context.Context) error {
		for name, ops := range listeners {
			if ready, reasons := Ready(ctx, ops); !ready {
				return fmt.Errorf("%s is not ready: %s", name, reasons)
			}
		}
		return nil
	})
}

// Ready asks a private listener whether its process is ready, and why not.
func Ready(ctx context.Context, ops string) (ready bool, reasons string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, ops+"/readyz", nil)
	if err != nil {
		return false, err.Error()
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, err.Error()
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return false, err.Error()
	}
	var said struct {
		Ready bool
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Ready != (answer.StatusCode == http.StatusOK) {
		return false, fmt.Sprintf("%d %s", answer.StatusCode, body)
	}
	return said.Ready, string(body)
}
