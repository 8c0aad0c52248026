package kit

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/config"
)

// health asks the process on GATEHOUSE_OPS_ADDR whether it is ready. Containers without a
// shell use it as their health check.
func health(ctx context.Context, env Env, _ []string) error {
	var s Settings
	if err := config.Load(env.Environ, Prefix, &s); err != nil {
		return err
	}
	address := s.OpsAddr
	if strings.HasPrefix(address, ":") || strings.HasPrefix(address, "0.0.0.0:") {
		address = "127.0.0.1" + address[strings.LastIndexByte(address, ':'):]
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("GATEHOUSE_OPS_ADDR: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("nothing answers on %s: %w", address, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: /readyz on %s answers %d", address, answer.StatusCode)
	}
	_, err = fmt.Fprintln(env.Stdout, "ready")
	return err
}
