package boot

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/target"
)

// Times are those of one system.
type Times struct {
	First time.Duration   // with nothing there: it makes its database or its schema
	Later []time.Duration // on what the first start left
}

// Measure starts the system once and then n times more, each time stopping it in good order.
func Measure(ctx context.Context, system target.Target, n int) (Times, error) {
	var times Times
	for i := range n + 1 {
		running, err := system.Start(ctx)
		if err != nil {
			return Times{}, err
		}
		if err := running.Stop(ctx); err != nil {
			return Times{}, err
		}
		if i == 0 {
			times.First = running.Boot
		} else {
			times.Later = append(times.Later, running.Boot)
		}
	}
	return times, nil
}

// Binary is one program.
type Binary struct {
	Name  string
	Bytes int64
}

// Sizes reads the sizes of the named programs. One that is not there is left out.
func Sizes(folder string, names ...string) ([]Binary, error) {
	var list []Binary
	for _, name := range names {
		info, err := os.Stat(filepath.Join(folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, Binary{Name: name, Bytes: info.Size()})
	}
	return list, nil
}
