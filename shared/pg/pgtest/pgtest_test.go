package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// holdVariable makes this test binary a test process that has started its cluster,
// says so, and waits for its input to end.
const holdVariable = "PGTEST_TEST_HOLD"

func TestMain(m *testing.M) {
	if os.Getenv(holdVariable) != "" {
		os.Exit(hold())
	}
	Main(m)
}

func hold() int {
	var r running
	if err := r.start(context.Background()); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	fmt.Println(r.folder)
	fmt.Println(r.process.PID())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := r.stop(); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

func thing() Spec {
	return Spec{
		Name: "pgtest_thing",
		Files: fstest.MapFS{"001_thing.sql": {Data: []byte(
			"create table thing (id bigserial primary key, name text not null unique)")}},
		After: func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "create table after_thing ()")
			return err
		},
	}
}

type queryer interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func count(t *testing.T, q queryer) int {
	t.Helper()
	var n int
	if err := q.QueryRow(t.Context(), "select count(*) from thing").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSchema(t *testing.T) {
	t.Parallel()
	first := Schema(t, thing())
	begin := time.Now()
	second := Schema(t, thing())
	t.Logf("a clone took %s", time.Since(begin))
	if _, err := first.Exec(t.Context(), "insert into thing (name) values ('a')"); err != nil {
		t.Fatal(err)
	}
	if a, b := count(t, first), count(t, second); a != 1 || b != 0 {
		t.Errorf("the clones have %d and %d rows, want 1 and 0", a, b)
	}
	var role string
	if err := first.QueryRow(t.Context(), "select current_user").Scan(&role); err != nil || role != "pgtest_thing" {
		t.Errorf("it works as %s, %v", role, err)
	}
	if _, err := first.Exec(t.Context(), "select from after_thing"); err != nil {
		t.Errorf("the hook's table: %v", err)
	}
	if _, err := first.Exec(t.Context(), "drop table thing"); err == nil {
		t.Error("the runtime role may drop a table")
	}
}

func TestTx(t *testing.T) {
	t.Parallel()
	for range 2 {
		t.Run("starts from nothing, whatever others did", func(t *testing.T) {
			begin := time.Now()
			tx := Tx(t, thing())
			t.Logf("it took %s", time.Since(begin))
			if _, err := tx.Exec(t.Context(), "insert into thing (name) values ('a')"); err != nil {
				t.Fatal(err)
			}
			if got := count(t, tx); got != 1 {
				t.Errorf("%d rows, want 1", got)
			}
		})
	}
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("gives a superuser an empty database", func(t *testing.T) {
		url = Admin(t)
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close(t.Context()) }()
		var super bool
		if err := conn.QueryRow(t.Context(), "select current_setting('is_superuser')::bool").Scan(&super); err != nil || !super {
			t.Errorf("superuser: %t, %v", super, err)
		}
	})
	t.Run("drops it with the test", func(t *testing.T) {
		if conn, err := pgx.Connect(t.Context(), url); err == nil {
			_ = conn.Close(t.Context())
			t.Error("it is still there")
		}
	})
}

func TestPrepareAll(t *testing.T) {
	t.Parallel()
	pool := Schema(t, thing())
	found := Statements(t, "testdata/store")
	t.Run("finds the statements of a package, local and concatenated ones too", func(t *testing.T) {
		want := []string{"store.go:8:7 findThing", "store.go:17:8 rename"}
		if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(maps.Keys(found))); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("accepts those that fit the schema", func(t *testing.T) {
		PrepareAll(t, pool, found)
	})
	t.Run("names those that do not", func(t *testing.T) {
		conn, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Release()
		got := unprepared(t.Context(), conn.Conn(), map[string]string{
			"good":         "select name from thing where id = @id and name = @name",
			"wrong column": "select nmae from thing",
		})
		if len(got) != 1 || !strings.HasPrefix(got[0].Error(), "wrong column does not prepare") {
			t.Errorf("got %v", got)
		}
	})
}

// holder is a process that runs a cluster with the temporary folder tmp.
func holder(t *testing.T, tmp string) (cmd *exec.Cmd, input io.Closer, lines *bufio.Scanner) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.CommandContext(t.Context(), binary)
	cmd.Env = []string{holdVariable + "=1", "TMPDIR=" + tmp, "PATH=" + os.Getenv("PATH")}
	pipe, err := cmd.StdinPipe()
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
	return cmd, pipe, bufio.NewScanner(output)
}

func TestCluster_EndsWithItsProcess(t *testing.T) {
	t.Parallel()
	use(t)
	cmd, _, lines := holder(t, os.TempDir())
	lines.Scan()
	folder := lines.Text()
	lines.Scan()
	pid, err := strconv.Atoi(lines.Text())
	if err != nil {
		t.Fatalf("%v: %s", err, folder)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		_, statErr := os.Stat(folder)
		stat, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		gone := errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || strings.Contains(string(stat), ") Z ")
		if errors.Is(statErr, fs.ErrNotExist) && gone {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("process gone: %t, folder: %v", gone, statErr)
		}
	}
}

func TestCluster_FirstStartsAtOnce(t *testing.T) {
	t.Parallel()
	use(t)
	tmp, err := os.MkdirTemp("", "pgtest-test-") //nolint:usetesting // every user must be able to pass
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(tmp, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	var group sync.WaitGroup
	for range 3 {
		cmd, input, lines := holder(t, tmp)
		group.Go(func() {
			lines.Scan()
			if strings.HasPrefix(lines.Text(), "error:") {
				t.Error(lines.Text())
			}
			_ = input.Close()
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	kept, err := filepath.Glob(filepath.Join(tmp, "pgtest-*", "*"))
	if err != nil || len(kept) != 1 {
		t.Errorf("kept %v, %v; want one data folder", kept, err)
	}
}
