package main

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/usage"
)

// hash measures one password hash with the parameters of DESIGN section 10, so that a
// reader can tell what sign-in costs beside it.
func (m *measurement) hash(ctx context.Context) error {
	before, err := usage.Alone(os.Getpid())
	if errors.Is(err, usage.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return err
	}
	count := 0
	for end := time.Now().Add(m.settings.Measured); time.Now().Before(end) && ctx.Err() == nil; count++ {
		argon2.IDKey([]byte("a long enough passphrase"), []byte("sixteen bytes of"), 2, 19<<10, 1, 32)
	}
	after, err := usage.Alone(os.Getpid())
	if err != nil {
		return err
	}
	m.report.Hash = (after.CPU() - before.CPU()) / time.Duration(count)
	return nil
}
