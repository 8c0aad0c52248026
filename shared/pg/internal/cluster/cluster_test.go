package cluster

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParsePIDFile(t *testing.T) {
	t.Parallel()
	const full = "4711\n/data\n1700000000\n5432\n/run/pg\n\n  1234  5678\nready   \n"
	for name, test := range map[string]struct {
		content string
		want    pidFile
		ok      bool
	}{
		"a running server":  {content: full, want: pidFile{pid: 4711, socket: "/run/pg", ready: true}, ok: true},
		"a starting server": {content: strings.Replace(full, "ready   ", "starting", 1), want: pidFile{pid: 4711, socket: "/run/pg"}, ok: true},
		"a moment earlier":  {content: "4711\n/data\n", want: pidFile{pid: 4711}, ok: true},
		"nothing":           {content: ""},
		"no number":         {content: "x\n"},
		"single-user mode":  {content: "-4711\n"},
		"the init process":  {content: "1\n"},
	} {
		got, err := parsePIDFile(test.content)
		if (err == nil) != test.ok || got != test.want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

// A number that reaches kill(2) must be that of one process: 0, 1 and negative
// ones mean groups or everything.
func FuzzParsePIDFile(f *testing.F) {
	f.Add("4711\n/data\n1700000000\n5432\n/run/pg\n\n  1234  5678\nready   \n")
	f.Add("-1\n")
	f.Fuzz(func(t *testing.T, content string) {
		if got, err := parsePIDFile(content); err == nil && got.pid <= 1 {
			t.Errorf("accepted process %d", got.pid)
		}
	})
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": 15,
		"postgres (PostgreSQL) 17.5":                             17,
		"postgres (PostgreSQL) 19beta1\n":                        19,
		"postgres (EnterpriseDB) 15":                             0,
		"postgres (PostgreSQL) ":                                 0,
		"postgres (PostgreSQL) devel":                            0,
		"":                                                       0,
	} {
		_, major, err := parseVersion(text)
		if major != want || (err == nil) != (want != 0) {
			t.Errorf("%q: got %d, %v", text, major, err)
		}
	}
}

func FuzzParseVersion(f *testing.F) {
	f.Add("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n")
	f.Add("postgres (PostgreSQL) 19beta1")
	f.Fuzz(func(t *testing.T, text string) {
		version, major, err := parseVersion(text)
		if err == nil && (version == "" || major < 0) {
			t.Errorf("%q: version %q, major %d", text, version, major)
		}
	})
}

func TestMajorIn(t *testing.T) {
	t.Parallel()
	for bin, want := range map[string]int{
		"/usr/lib/postgresql/15/bin":              15,
		"/usr/pgsql-16/bin":                       16,
		"/opt/homebrew/opt/postgresql@17/bin":     17,
		"/Applications/Postgres.app/x/latest/bin": 0,
	} {
		if got := majorIn(bin); got != want {
			t.Errorf("%s: got %d, want %d", bin, got, want)
		}
	}
}

func TestFind_NamesWhatIsThere(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs PostgreSQL; -short leaves it out")
	}
	install, err := Find(t.Context(), Current(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Find(t.Context(), Current(), install.Major); err != nil || again != install {
		t.Errorf("by its major version: got %+v, %v, want %+v", again, err, install)
	}
	_, err = Find(t.Context(), Current(), 99)
	missing, ok := errors.AsType[*NotFoundError](err)
	if !ok || missing.Major != 99 || len(missing.Found) == 0 {
		t.Errorf("got %v, want a NotFoundError that names the others", err)
	}
}

func TestAccount_Reaches(t *testing.T) {
	t.Parallel()
	root, err := os.MkdirTemp("", "cluster-test-") //nolint:usetesting // its parent must be passable
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	inner := filepath.Join(root, "inner")
	if err := os.Mkdir(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	stranger := Account{UID: 54321, GID: 54321, Drop: true}
	member := Account{UID: 54321, GID: os.Getegid(), Drop: true}
	owner := Account{UID: os.Geteuid(), GID: 54321, Drop: true}
	for _, test := range []struct {
		mode                    os.FileMode
		stranger, member, owner bool
	}{
		{mode: 0o700, owner: true},
		{mode: 0o710, owner: true, member: true},
		{mode: 0o711, owner: true, member: true, stranger: true},
		{mode: 0o701, owner: true, stranger: true}, // a group's bits count alone for its members
	} {
		if err := os.Chmod(root, test.mode); err != nil {
			t.Fatal(err)
		}
		for _, who := range []struct {
			account Account
			want    bool
		}{{stranger, test.stranger}, {member, test.member}, {owner, test.owner}} {
			if got, err := who.account.Reaches(inner); err != nil || got != who.want {
				t.Errorf("mode %o, user %d, group %d: %t, %v; want %t", test.mode, who.account.UID, who.account.GID, got, err, who.want)
			}
		}
	}
	if got, err := (Account{UID: 54321}).Reaches("/no/such/folder"); !got || err != nil {
		t.Errorf("a process that changes to nobody: %t, %v", got, err)
	}
}

func TestSocketFolder(t *testing.T) {
	t.Parallel()
	self := Account{UID: os.Geteuid(), GID: os.Getegid()}

	t.Run("clears what a killed server left", func(t *testing.T) {
		t.Parallel()
		preferred := filepath.Join(t.TempDir(), "run")
		for range 2 {
			got, err := SocketFolder(preferred, self)
			if err != nil || got != preferred {
				t.Fatalf("got %s, %v", got, err)
			}
			if entries, err := os.ReadDir(got); err != nil || len(entries) != 0 {
				t.Errorf("it holds %v, %v", entries, err)
			}
			if err := os.WriteFile(filepath.Join(got, socketName+".lock"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("is short where the path is long, and removes only those", func(t *testing.T) {
		t.Parallel()
		short, err := SocketFolder("/"+strings.Repeat("x", maxSocketPath), self)
		if err != nil || len(short)+len("/"+socketName) > maxSocketPath {
			t.Fatalf("got %s, %v", short, err)
		}
		RemoveShort(short)
		if _, err := os.Stat(short); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s stayed: %v", short, err)
		}
		kept := t.TempDir()
		RemoveShort(kept)
		RemoveShort("/tmp/pg-x/../../" + kept)
		RemoveShort("")
		if _, err := os.Stat(kept); err != nil {
			t.Errorf("a foreign folder is gone: %v", err)
		}
	})
}
