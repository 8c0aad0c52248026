package embedded

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
)

// dirVariable makes this test binary an owner: a program that runs the database of
// the folder that the variable names until its input ends.
const dirVariable = "EMBEDDED_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(dirVariable); dir != "" {
		os.Exit(own(dir))
	}
	code := m.Run()
	if err := dropSeed(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func own(dir string) int {
	server, err := Start(context.Background(), Config{Dir: dir, Log: zerolog.Nop()})
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	fmt.Println(server.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := server.Stop(context.Background()); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

// owner is such a program. Closing its input ends it in good order.
type owner struct {
	cmd   *exec.Cmd
	input io.Closer
	lines *bufio.Scanner
}

// newOwner starts one. With a credential, a copy of the binary runs as that user,
// with no HOME.
func newOwner(t *testing.T, dir string, credential *syscall.Credential) *owner {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if credential != nil {
		binary = copied(t, binary)
	}
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Dir = "/"
	cmd.Env = []string{dirVariable + "=" + dir, "PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &owner{cmd: cmd, input: input, lines: bufio.NewScanner(output)}
}

// url waits for the database and returns its URL.
func (o *owner) url(t *testing.T) string {
	t.Helper()
	if !o.lines.Scan() || strings.HasPrefix(o.lines.Text(), "error:") {
		t.Fatalf("the owner does not start: %s", o.lines.Text())
	}
	return o.lines.Text()
}

// kill is kill -9.
func (o *owner) kill(t *testing.T) {
	t.Helper()
	if err := o.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = o.cmd.Wait() // it was killed, and says so
}

func (o *owner) stop(t *testing.T) {
	t.Helper()
	_ = o.input.Close()
	if err := o.cmd.Wait(); err != nil {
		t.Errorf("the owner ended with %v", err)
	}
}

// copied puts the binary where every user can run it.
func copied(t *testing.T, binary string) string {
	t.Helper()
	content, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(room(t), "owner")
	if err := os.WriteFile(target, content, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(target, 0o755); err != nil {
		t.Fatal(err)
	}
	return target
}

// room is an empty folder through which every user may pass. (The folder of
// t.TempDir lies below one that only its owner may.)
func room(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "embedded-test-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// started runs the database until the test ends.
func started(t *testing.T, dir string) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("runs PostgreSQL; -short leaves it out")
	}
	server, err := Start(t.Context(), Config{Dir: dir, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, server) })
	return server
}

func stopped(t *testing.T, server *Server) {
	t.Helper()
	if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func exec1(t *testing.T, url, sql string) {
	t.Helper()
	if _, err := connect(t, url).Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func ask[T any](t *testing.T, url, sql string) T {
	t.Helper()
	var value T
	if err := connect(t, url).QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}
