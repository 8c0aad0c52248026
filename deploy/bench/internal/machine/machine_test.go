package machine_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/machine"
)

func TestDescribe_IsOneLineWithTheVersions(t *testing.T) {
	t.Parallel()
	got := machine.Describe(t.Context(), "17.2")
	for _, part := range []string{"cores", runtime.GOOS + "/" + runtime.GOARCH, runtime.Version(), "PostgreSQL 17.2"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q does not say %s", got, part)
		}
	}
	if strings.Contains(got, "\n") || strings.Contains(got, ", ,") {
		t.Errorf("%q is not one clean line", got)
	}
}
