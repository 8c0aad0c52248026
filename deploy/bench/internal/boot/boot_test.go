package boot_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/boot"
)

func TestSizes_LeavesOutWhatIsNotThere(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "one"), make([]byte, 1234), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := boot.Sizes(folder, "one", "two")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]boot.Binary{{Name: "one", Bytes: 1234}}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
