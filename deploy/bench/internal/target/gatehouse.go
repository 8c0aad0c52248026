package target

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/process"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/scenario"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Gatehouse is the system itself: serve runs it in one process, split in four. Without a
// database it starts its embedded one below its data folder.
type Gatehouse struct {
	Name     string      // of the target
	Folder   string      // below the scratch folder
	Binaries string      // folder of the programs
	Command  string      // serve or split
	Database secret.Text // an administrator's URL; empty: embedded
	Uncached bool        // keeps no copies of sessions
}

// Target makes the system startable. Its secret is made here and lives as long as it does.
func (g Gatehouse) Target(scratch string) (Target, error) {
	folder, err := makeFolder(scratch, g.Folder)
	if err != nil {
		return Target{}, err
	}
	binary, err := filepath.Abs(filepath.Join(g.Binaries, "gatehouse"))
	if err != nil {
		return Target{}, err
	}
	if _, err := os.Stat(binary); err != nil {
		return Target{}, fmt.Errorf("%w: run make build", err)
	}
	key := secret.Text(rand.Text() + rand.Text())
	scenarios := scenario.OfGatehouse()
	if g.Uncached {
		scenarios = scenario.OfReads()
	}
	return Target{
		Name: g.Name, Scenarios: scenarios, folder: folder,
		ready: []string{"/api/auth/ok", "/api/auth/jwks"},
		command: func(address string) (process.Command, error) {
			return process.Command{Path: binary, Args: []string{g.Command}, Env: g.environ(address, folder, key)}, nil
		},
	}, nil
}

// environ is development mode, in which the per-address limits are off: all load comes from
// one address. Requests are logged as in production.
func (g Gatehouse) environ(address, folder string, key secret.Text) []string {
	environ := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + folder,
		"GATEHOUSE_MODE=development",
		"GATEHOUSE_LOG_FORMAT=json",
		"GATEHOUSE_HTTP_ADDR=" + address,
		"GATEHOUSE_OPS_ADDR=127.0.0.1:0",
		"GATEHOUSE_BASE_URL=http://" + address,
		"GATEHOUSE_DATA=" + filepath.Join(folder, "data"),
		"GATEHOUSE_SECRET=" + key.Reveal(),
	}
	if g.Uncached {
		environ = append(environ, "GATEHOUSE_SESSION_CACHE=off")
	}
	if g.Database != "" {
		environ = append(environ, "GATEHOUSE_DATABASE_URL="+g.Database.Reveal())
	}
	return environ
}
