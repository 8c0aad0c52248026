package round

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/usage"
)

// hashAlone makes password hashes one after the other for a while, with the parameters of
// DESIGN section 10, and returns the CPU time of one; 0 where that cannot be measured.
func hashAlone(ctx context.Context, lasting time.Duration) (time.Duration, error) {
	before, err := usage.Alone(os.Getpid())
	if errors.Is(err, usage.ErrUnsupported) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	count := 0
	for end := time.Now().Add(lasting); time.Now().Before(end) && ctx.Err() == nil; count++ {
		argon2.IDKey([]byte("a long enough passphrase"), []byte("sixteen bytes of"), 2, 19<<10, 1, 32)
	}
	after, err := usage.Alone(os.Getpid())
	if err != nil {
		return 0, err
	}
	return (after.CPU() - before.CPU()) / time.Duration(max(count, 1)), context.Cause(ctx)
}
