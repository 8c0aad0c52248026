package target

import (
	"bytes"
	"context"
	_ "embed"
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

// Reference is a copy of the reference server below the scratch folder. It needs Node.js and npm.
type Reference struct {
	Scratch, Source string
	Database        secret.Text
	Tuned           bool // at its best, and a bare server that verifies JWTs beside it
}

// Targets installs what makes the servers startable.
func (r Reference) Targets(ctx context.Context) ([]Target, error) {
	if r.Tuned {
		return r.tuned(ctx)
	}
	folder, err := r.install(ctx, "reference")
	if err != nil {
		return nil, err
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("the reference server needs Node.js: %w", err)
	}
	return []Target{r.server("reference server (better-auth)", folder, node, scenario.OfReference())}, nil
}

// tuned is the server with its cookie cache, so that it need not ask the database, and the
// bare server; both on the newest long-term release of Node.js.
func (r Reference) tuned(ctx context.Context) ([]Target, error) {
	folder, err := r.install(ctx, "tuned")
	if err != nil {
		return nil, err
	}
	if err := cacheInCookies(filepath.Join(folder, "auth.mjs")); err != nil {
		return nil, err
	}
	if err := npm(ctx, folder, "install", "--no-save", "node@24"); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(folder, "jose.mjs"), joseServer, 0o600); err != nil {
		return nil, err
	}
	node := filepath.Join(folder, "node_modules", "node", "bin", "node")
	return []Target{
		r.server("reference server, cookie cache, Node.js 24", folder, node, scenario.OfTuned()),
		{
			Name: "node:http and jose, Node.js 24", Scenarios: scenario.OfJose(), folder: folder, ready: []string{"/token"},
			command: func(address string) (process.Command, error) {
				return process.Command{Path: node, Args: []string{"jose.mjs"}, Env: environment(folder, address)}, nil
			},
		},
	}, nil
}

//go:embed jose.mjs
var joseServer []byte

func (r Reference) server(name, folder, node string, scenarios []scenario.Scenario) Target {
	return Target{
		Name: name, Scenarios: scenarios, folder: folder,
		ready: []string{"/api/auth/ok", "/api/auth/jwks"},
		command: func(address string) (process.Command, error) {
			host, _, _ := strings.Cut(address, ":")
			return process.Command{
				Path: node, Args: []string{"server.mjs"},
				Env: append(environment(folder, address), "HOST="+host, "DATABASE_URL="+r.Database.Reveal()),
			}, nil
		},
	}
}

func environment(folder, address string) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "NODE_ENV=production", "BASE_URL=http://" + address}
}

// install copies the server without what may have been installed beside it, and lets npm
// fetch exactly what its lock file names.
func (r Reference) install(ctx context.Context, name string) (string, error) {
	if _, err := os.Stat(filepath.Join(r.Source, "server.mjs")); err != nil {
		return "", ErrNoReference
	}
	folder, err := makeFolder(r.Scratch, name)
	if err != nil {
		return "", err
	}
	entries, err := os.ReadDir(r.Source)
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		content, err := os.ReadFile(filepath.Join(r.Source, entry.Name()))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(folder, entry.Name()), content, 0o600); err != nil {
			return "", err
		}
	}
	return folder, npm(ctx, folder, "ci", "--omit=dev")
}

func npm(ctx context.Context, folder string, args ...string) error {
	command := exec.CommandContext(ctx, "npm", append(args, "--no-audit", "--no-fund", "--prefer-offline")...) //nolint:gosec // ours
	command.Dir = folder
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("install the reference server: npm %s: %w: %s", args[0], err, said)
	}
	return nil
}

// cacheInCookies turns the server's cookie cache on: for five minutes a cookie says who its
// browser is, whatever the database says.
func cacheInCookies(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	const begin = "betterAuth({\n"
	tuned := bytes.Replace(content, []byte(begin), []byte(begin+"\tsession: { cookieCache: { enabled: true, maxAge: 300 } },\n"), 1)
	if bytes.Equal(tuned, content) || bytes.Contains(content, []byte("\tsession: ")) {
		return errors.New("the reference server's auth.mjs has changed: see cacheInCookies")
	}
	return os.WriteFile(file, tuned, 0o600)
}
