package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/config"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

type vault struct {
	Key secret.Text `envconfig:"KEY" desc:"opens the vault"`
}

// write returns the path of a file with the given content and mode.
func write(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // WriteFile's mode passes the umask
		t.Fatal(err)
	}
	return path
}

func TestLoad_SecretFromFile(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{"s3cret": "s3cret", "s3cret\n": "s3cret", "s3cret\r\n": "s3cret", " s3cret \n\n": " s3cret \n"} {
		t.Run("reads "+strings.ReplaceAll(content, "\n", "|"), func(t *testing.T) {
			t.Parallel()
			var got vault
			if err := config.Load(map[string]string{"SHOP_KEY_FILE": write(t, content, 0o600)}, "SHOP", &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Key.Reveal()); diff != "" {
				t.Errorf("secret (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoad_RefusesSecretFile(t *testing.T) {
	t.Parallel()
	const canary = "c4n4ry"
	missing := filepath.Join(t.TempDir(), canary)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		environ map[string]string
		want    string
	}{
		{"both variable and file", map[string]string{"SHOP_KEY": canary, "SHOP_KEY_FILE": write(t, canary, 0o600)}, "SHOP_KEY and SHOP_KEY_FILE are both set: keep one of them"},
		{"a missing file", map[string]string{"SHOP_KEY_FILE": missing}, "SHOP_KEY_FILE names a file that does not exist"},
		{"a path below a file", map[string]string{"SHOP_KEY_FILE": write(t, canary, 0o600) + "/" + canary}, "SHOP_KEY_FILE names a file that cannot be read: not a directory"},
		{"a folder", map[string]string{"SHOP_KEY_FILE": t.TempDir()}, "SHOP_KEY_FILE must name a regular file"},
		{"a pipe, without waiting for a writer", map[string]string{"SHOP_KEY_FILE": pipe}, "SHOP_KEY_FILE must name a regular file"},
		{"an empty file", map[string]string{"SHOP_KEY_FILE": write(t, "\n", 0o600)}, "SHOP_KEY_FILE names an empty file: write the secret into it"},
		{"a huge file", map[string]string{"SHOP_KEY_FILE": write(t, strings.Repeat("c", 64<<10+1), 0o600)}, "SHOP_KEY_FILE names a file above 65536 bytes, too large for a secret"},
		{"a file that anybody may change", map[string]string{"SHOP_KEY_FILE": write(t, canary, 0o602)}, "SHOP_KEY_FILE names a file that every account on this machine may change: run chmod 600 on it, then put in a new secret"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got vault
			err := config.Load(tt.environ, "SHOP", &got)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if got.Key != "" {
				t.Error("the field was filled all the same")
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	t.Run("names a secret whose file anybody may read", func(t *testing.T) {
		t.Parallel()
		environ := map[string]string{"SHOP_KEY_FILE": write(t, "s3cret", 0o644)}
		if err := config.Load(environ, "SHOP", &vault{}); err != nil {
			t.Fatal(err)
		}
		want := []string{"SHOP_KEY_FILE names a file that every account on this machine may read; chmod 600 keeps it to its owner"}
		if diff := cmp.Diff(want, config.Warnings(environ, "SHOP", &vault{})); diff != "" {
			t.Errorf("warnings (-want +got):\n%s", diff)
		}
	})
	t.Run("is silent about a private file and about none", func(t *testing.T) {
		t.Parallel()
		for _, environ := range []map[string]string{nil, {"SHOP_KEY_FILE": write(t, "s3cret", 0o600)}} {
			if got := config.Warnings(environ, "SHOP", &vault{}); len(got) > 0 {
				t.Errorf("got %q, want none", got)
			}
		}
	})
}
