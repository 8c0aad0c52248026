package config

import (
	"io/fs"
	"testing"
)

// The reasons are given by hand: where tests run as root, no file mode refuses anything.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	const canary = "c4n4ry"
	for reason, want := range map[error]string{
		fs.ErrPermission: "names a file that this process may not read: make its owner the account that runs it",
		fs.ErrNotExist:   "names a file that does not exist",
		fs.ErrClosed:     "names a file that cannot be read: file already closed",
	} {
		t.Run("says why and leaves the path out: "+reason.Error(), func(t *testing.T) {
			t.Parallel()
			if got := unreadable(&fs.PathError{Op: "open", Path: canary, Err: reason}).Error(); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}
