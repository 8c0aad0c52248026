package embedded

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

func TestStart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(room(t), "data")
	server := started(t, dir)

	t.Run("is durable, checked and deaf to the network", func(t *testing.T) {
		for setting, want := range map[string]string{
			"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on",
			"listen_addresses": "", "server_encoding": "UTF8", "lc_collate": "C", "log_min_error_statement": "panic",
		} {
			if got := ask[string](t, server.URL(), "select current_setting('"+setting+"')"); got != want {
				t.Errorf("%s is %q, want %q", setting, got, want)
			}
		}
	})
	t.Run("asks for the password", func(t *testing.T) {
		u, err := url.Parse(server.URL())
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(u.User.Username(), "wrong")
		if _, err := pgx.Connect(t.Context(), u.String()); err == nil {
			t.Error("a wrong password is accepted")
		}
	})
	t.Run("keeps its files to itself", func(t *testing.T) {
		for path, want := range map[string]os.FileMode{
			server.home: 0o700, dataOf(server.home): 0o700, passwordOf(server.home): 0o600,
			filepath.Join(server.home, logName): 0o600, server.launch.Socket: 0o700,
		} {
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != want {
				t.Errorf("%s has mode %v (%v), want %v", path, info.Mode().Perm(), err, want)
			}
		}
	})
	t.Run("is not in the process group that Ctrl-C reaches", func(t *testing.T) {
		group, err := syscall.Getpgid(postmaster(t, server.home))
		if err != nil || group == syscall.Getpgrp() {
			t.Errorf("its group is %d (%v), ours %d", group, err, syscall.Getpgrp())
		}
	})
	t.Run("takes roles with the verifier that Prepare made", func(t *testing.T) {
		const password = "a password of some length"
		if err := pg.Prepare(t.Context(), server.URL(), []pg.Module{{Name: "tenant", Password: password}}); err != nil {
			t.Fatal(err)
		}
		for given, ok := range map[string]bool{password: true, "another one of that length": false} {
			u, err := url.Parse(server.URL())
			if err != nil {
				t.Fatal(err)
			}
			u.User = url.UserPassword("tenant", given)
			pool, err := pg.Open(t.Context(), pg.Config{URL: u.String(), Role: "tenant", Schema: "tenant"})
			if err != nil {
				t.Fatal(err)
			}
			if err := pool.Ping(t.Context()); (err == nil) != ok {
				t.Errorf("with password %q: %v", given, err)
			}
			pool.Close()
		}
	})
	t.Run("keeps data, and starts again within two seconds", func(t *testing.T) {
		exec1(t, server.URL(), "create table kept as select 42 as answer")
		stopped(t, server)
		begin := time.Now()
		again := started(t, dir)
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("the second start took %s", took)
		} else {
			t.Logf("the second start took %s", took)
		}
		if got := ask[int](t, again.URL(), "select answer from kept"); got != 42 {
			t.Errorf("the answer is %d", got)
		}
	})
}

// postmaster returns the number of the server's main process.
func postmaster(t *testing.T, home string) int {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dataOf(home), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestStart_Busy(t *testing.T) {
	t.Parallel()
	dir := seeded(t)
	started(t, dir)
	_, err := Start(t.Context(), Config{Dir: dir, Log: zerolog.Nop()})
	busy, ok := errors.AsType[*BusyError](err)
	if !ok {
		t.Fatalf("got %v, want a BusyError", err)
	}
	if busy.PID != os.Getpid() || !strings.HasPrefix(busy.Folder, dir) {
		t.Errorf("it names process %d and folder %s", busy.PID, busy.Folder)
	}
}

func TestStart_AtOnce(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs PostgreSQL; -short leaves it out")
	}
	dir := filepath.Join(room(t), "data")
	var group sync.WaitGroup
	var mu sync.Mutex
	var running []*Server
	for range 4 {
		group.Go(func() {
			server, err := Start(t.Context(), Config{Dir: dir, Log: zerolog.Nop()})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				running = append(running, server)
			} else if _, ok := errors.AsType[*BusyError](err); !ok {
				t.Errorf("got %v, want a BusyError", err)
			}
		})
	}
	group.Wait()
	if len(running) != 1 {
		t.Errorf("%d starts won, want 1", len(running))
	}
	for _, server := range running {
		stopped(t, server)
	}
}

func TestStart_LongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(filepath.Dir(seeded(t)), strings.Repeat("long", 30))
	if err := os.Rename(filepath.Join(filepath.Dir(dir), "data"), dir); err != nil {
		t.Fatal(err)
	}
	server := started(t, dir)
	if got := ask[int](t, server.URL(), "select 1"); got != 1 {
		t.Errorf("got %d", got)
	}
	stopped(t, server)
	if _, err := os.Stat(server.launch.Socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the short folder %s stayed: %v", server.launch.Socket, err)
	}
}

// Root may not run PostgreSQL, and the user who does may not enter /root.
func TestStart_ClosedFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), ".data") // below a folder of mode 0700
	server := started(t, dir)
	if os.Geteuid() != 0 {
		if server.home != filepath.Join(dir, homeName) {
			t.Errorf("the cluster lies in %s although its user may use %s", server.home, dir)
		}
		return
	}
	if !strings.HasPrefix(server.home, stateDir+"/data-") {
		t.Fatalf("the cluster lies in %s", server.home)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(server.home); err != nil {
			t.Error(err)
		}
	})
	exec1(t, server.URL(), "create table kept as select 42 as answer")
	stopped(t, server)

	again := started(t, dir)
	if got := ask[int](t, again.URL(), "select answer from kept"); again.home != server.home || got != 42 {
		t.Errorf("the second start is in %s, the first was in %s", again.home, server.home)
	}
	stopped(t, again)
	if err := os.Rename(server.home, server.home+"-away"); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Config{Dir: dir, Log: zerolog.Nop()})
	if err == nil || !strings.Contains(err.Error(), "link to a folder that is gone") {
		t.Errorf("with its folder gone: %v", err)
	}
	if err := os.Rename(server.home+"-away", server.home); err != nil {
		t.Fatal(err)
	}
}

// A run as root makes the ordinary user nobody; an ordinary user is one already.
func TestStart_OrdinaryUser(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs PostgreSQL; -short leaves it out")
	}
	dir := filepath.Join(room(t), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var nobody *syscall.Credential
	if os.Geteuid() == 0 {
		nobody = &syscall.Credential{Uid: 65534, Gid: 65534}
		if err := os.Chown(dir, int(nobody.Uid), int(nobody.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	first := newOwner(t, dir, nobody)
	exec1(t, first.url(t), "create table kept as select 42 as answer")
	first.stop(t)

	server := started(t, dir) // root finds the cluster of another user, and runs it as that user
	if got := ask[int](t, server.URL(), "select answer from kept"); got != 42 {
		t.Errorf("the answer is %d", got)
	}
	stopped(t, server)

	second := newOwner(t, dir, nobody)
	second.url(t)
	second.stop(t)
	if nobody == nil {
		return
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	third := newOwner(t, dir, &syscall.Credential{Uid: 12345, Gid: 12345})
	if third.lines.Scan(); !strings.HasPrefix(third.lines.Text(), "error:") {
		t.Errorf("a third user got %s", third.lines.Text())
	}
	third.kill(t)
}

func TestStart_Interrupted(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs PostgreSQL; -short leaves it out")
	}
	dir := filepath.Join(room(t), "data")
	for _, after := range []time.Duration{20, 100, 200, 400, 700} { // each moment is a fair one
		first := newOwner(t, dir, nil)
		time.Sleep(after * time.Millisecond)
		first.kill(t)
	}
	server := started(t, dir)
	if got := ask[int](t, server.URL(), "select 1"); got != 1 {
		t.Errorf("got %d", got)
	}
	left, err := filepath.Glob(filepath.Join(server.home, stagingPrefix+"*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func TestServer_Restarts(t *testing.T) {
	t.Parallel()
	server := started(t, seeded(t))
	exec1(t, server.URL(), "create table kept as select 42 as answer")
	if err := syscall.Kill(postmaster(t, server.home), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the database answers again", func() bool {
		conn, err := pgx.Connect(t.Context(), server.URL())
		if err != nil {
			return false
		}
		defer func() { _ = conn.Close(t.Context()) }()
		var answer int
		return conn.QueryRow(t.Context(), "select answer from kept").Scan(&answer) == nil && answer == 42
	})
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
