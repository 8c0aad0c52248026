package embedded

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/pg/internal/cluster"
)

// recovers starts the folder again and looks for the row that was committed.
func recovers(t *testing.T, dir string) {
	t.Helper()
	server := started(t, dir)
	if got := ask[int](t, server.URL(), "select count(*)::int from kept"); got != 1 {
		t.Errorf("%d rows are left, want 1", got)
	}
	stopped(t, server)
}

// crashing runs an owner that has committed one row and is inserting another.
func crashing(t *testing.T, dir string) *owner {
	t.Helper()
	first := newOwner(t, dir, nil)
	url := first.url(t)
	exec1(t, url, "create table kept (answer int); insert into kept values (42)")
	conn := connect(t, url)
	if _, err := conn.Exec(t.Context(), "begin; insert into kept values (43)"); err != nil {
		t.Fatal(err)
	}
	return first
}

func TestStart_AfterKill(t *testing.T) {
	t.Parallel()

	t.Run("of the owner", func(t *testing.T) {
		t.Parallel()
		dir := seeded(t)
		first := crashing(t, dir)
		server := postmaster(t, filepath.Join(dir, homeName))
		first.kill(t)
		if runtime.GOOS == "linux" {
			eventually(t, "the orphan ends by itself", func() bool { return syscall.Kill(server, 0) != nil || zombie(server) })
		}
		recovers(t, dir)
	})
	t.Run("of the owner and the server", func(t *testing.T) {
		t.Parallel()
		dir := seeded(t)
		first := crashing(t, dir)
		server := postmaster(t, filepath.Join(dir, homeName))
		if err := syscall.Kill(first.cmd.Process.Pid, syscall.SIGSTOP); err != nil { // so that it cannot start it again
			t.Fatal(err)
		}
		if err := syscall.Kill(server, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		first.kill(t)
		recovers(t, dir)
	})
}

// zombie reports whether a process has ended and only waits to be counted.
func zombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(stat), ") Z ")
}

// Where the kernel does not end an orphan, as on macOS, the next start does.
func TestStart_Orphan(t *testing.T) {
	t.Parallel()
	dir := seeded(t)
	server := started(t, dir)
	exec1(t, server.URL(), "create table kept as select 42 as answer")
	stopped(t, server)
	socket, err := cluster.SocketFolder(filepath.Join(server.home, "run"), server.launch.Account)
	if err != nil {
		t.Fatal(err)
	}
	left := server.launch
	left.Socket, left.Orphan = socket, 0
	orphan, err := cluster.Launch(t.Context(), left)
	if err != nil {
		t.Fatal(err)
	}
	recovers(t, dir)
	<-orphan.Done()
}

// After a reboot the number in postmaster.pid may belong to any process, also to
// one of the same user, before which PostgreSQL itself gives up.
func TestStart_ReusedNumber(t *testing.T) {
	t.Parallel()
	dir := seeded(t)
	server := started(t, dir)
	exec1(t, server.URL(), "create table kept as select 42 as answer")
	file := filepath.Join(dataOf(server.home), "postmaster.pid")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	stopped(t, server)

	stranger := exec.CommandContext(t.Context(), "sleep", "60")
	stranger.SysProcAttr = &syscall.SysProcAttr{}
	if account := server.launch.Account; account.Drop {
		stranger.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(account.UID), Gid: uint32(account.GID)}
	}
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stranger.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("the stranger is gone: %v", err)
		}
		_ = stranger.Wait()
	})
	_, rest, _ := strings.Cut(string(content), "\n")
	if err := os.WriteFile(file, []byte(strconv.Itoa(stranger.Process.Pid)+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := server.launch.Account.Own(file); err != nil {
		t.Fatal(err)
	}
	recovers(t, dir)
}

func TestServer_StopEndsAnyway(t *testing.T) {
	t.Parallel()
	dir := seeded(t)
	first := crashing(t, dir)
	first.stop(t) // in good order, although a client is in the middle of a transaction
	server, err := Start(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	pid := postmaster(t, server.home)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = server.Stop(ctx) // an error, unless the server is faster
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d still runs: %v", pid, err)
	}
	recovers(t, dir)
}
