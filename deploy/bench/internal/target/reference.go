package target

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/process"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/scenario"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// ErrNoReference means that the reference server is not on this machine.
var ErrNoReference = errors.New("the reference server is not here: set REFERENCE_SERVER to its folder")

// Reference installs a copy of the reference server below the scratch folder. It needs Node.js
// and npm.
func Reference(ctx context.Context, scratch, source string, database secret.Text) (Target, error) {
	if _, err := os.Stat(filepath.Join(source, "server.mjs")); err != nil {
		return Target{}, ErrNoReference
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return Target{}, fmt.Errorf("the reference server needs Node.js: %w", err)
	}
	folder, err := makeFolder(scratch, "reference")
	if err != nil {
		return Target{}, err
	}
	if err := install(ctx, source, folder); err != nil {
		return Target{}, fmt.Errorf("install the reference server: %w", err)
	}
	return Target{
		Name: "reference server (better-auth)", Scenarios: scenario.OfReference(), folder: folder,
		ready: []string{"/api/auth/ok", "/api/auth/jwks"},
		command: func(address string) (process.Command, error) {
			host, _, _ := strings.Cut(address, ":")
			return process.Command{Path: node, Args: []string{"server.mjs"}, Env: []string{
				"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "NODE_ENV=production",
				"HOST=" + host, "BASE_URL=http://" + address, "DATABASE_URL=" + database.Reveal(),
			}}, nil
		},
	}, nil
}

// install copies the server without what may have been installed beside it, and lets npm
// fetch exactly what its lock file names.
func install(ctx context.Context, source, folder string) error {
	entries, err := os.ReadDir(source)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		content, err := os.ReadFile(filepath.Join(source, entry.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, entry.Name()), content, 0o600); err != nil {
			return err
		}
	}
	npm := exec.CommandContext(ctx, "npm", "ci", "--omit=dev", "--no-audit", "--no-fund", "--prefer-offline")
	npm.Dir = folder
	if said, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w: %s", err, said)
	}
	return nil
}
