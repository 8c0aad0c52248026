package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// MinMajor is the oldest PostgreSQL that is used.
const MinMajor = 14

// Install is one PostgreSQL on this machine.
type Install struct {
	Bin     string // folder of initdb and postgres
	Version string // "15.18"
	Major   int    // 15
}

// NotFoundError means that no fitting PostgreSQL is installed.
type NotFoundError struct {
	Major int   // the one that was asked for; 0: any
	Found []int // the others that are installed
}

// Error says what to install.
func (e *NotFoundError) Error() string {
	if e.Major == 0 {
		return fmt.Sprintf("PostgreSQL %d or newer is not installed: on Debian run `apt-get install postgresql`, on macOS `brew install postgresql@17`", MinMajor)
	}
	return fmt.Sprintf("PostgreSQL %[1]d is not installed (found: %[2]v): on Debian run `apt-get install postgresql-%[1]d`, on macOS `brew install postgresql@%[1]d`",
		e.Major, e.Found)
}

// Find returns a PostgreSQL that the account can run: the one of the given major
// version, or with major 0 the first in PATH, else the newest in the folders of
// the packagers. It returns a *NotFoundError if there is none.
func Find(ctx context.Context, account Account, major int) (Install, error) {
	var others []int
	for _, bin := range folders() {
		install, err := Inspect(ctx, account, bin)
		if err != nil || install.Major < MinMajor {
			continue // a broken or foreign installation is no reason not to look further
		}
		if major == 0 || install.Major == major {
			return install, nil
		}
		others = append(others, install.Major)
	}
	if err := ctx.Err(); err != nil {
		return Install{}, err
	}
	return Install{}, &NotFoundError{Major: major, Found: slices.Compact(others)}
}

// Inspect asks the programs in a folder for their version, as the account, which
// also proves that the account can run them.
func Inspect(ctx context.Context, account Account, bin string) (Install, error) {
	if _, err := exec.LookPath(filepath.Join(bin, "initdb")); err != nil {
		return Install{}, err
	}
	cmd := command(ctx, account, filepath.Join(bin, "postgres"), "--version")
	cmd.Dir = "/"
	out, err := cmd.Output()
	if err != nil {
		return Install{}, fmt.Errorf("ask %s for its version: %w", bin, err)
	}
	version, major, err := parseVersion(string(out))
	if err != nil {
		return Install{}, err
	}
	return Install{Bin: bin, Version: version, Major: major}, nil
}

// parseVersion reads "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)" and
// "postgres (PostgreSQL) 19beta1".
func parseVersion(text string) (version string, major int, err error) {
	_, rest, found := strings.Cut(text, "(PostgreSQL) ")
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return "", 0, errors.New("this is not the version of a PostgreSQL")
	}
	digits := strings.IndexFunc(fields[0]+".", func(r rune) bool { return r < '0' || r > '9' })
	major, err = strconv.Atoi(fields[0][:digits])
	if err != nil {
		return "", 0, fmt.Errorf("read version of PostgreSQL: %w", err)
	}
	return fields[0], major, nil
}

// folders lists where PostgreSQL may be, in order of preference.
func folders() []string {
	var found []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if target, err := filepath.EvalSymlinks(path); err == nil {
			found = append(found, filepath.Dir(target))
		}
	}
	var packaged []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",          // Debian
		"/usr/pgsql-*/bin",                   // Red Hat
		"/opt/homebrew/opt/postgresql@*/bin", // Homebrew on Apple silicon
		"/usr/local/opt/postgresql@*/bin",    // Homebrew on Intel
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		matches, _ := filepath.Glob(pattern) // the patterns are well formed
		packaged = append(packaged, matches...)
	}
	slices.SortStableFunc(packaged, func(a, b string) int { return cmp.Compare(majorIn(b), majorIn(a)) })
	return append(found, packaged...)
}

// majorIn reads the number that the packagers put into the folder above bin.
func majorIn(bin string) int {
	name := filepath.Base(filepath.Dir(bin))
	number, _ := strconv.Atoi(strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz-@"))
	return number
}
