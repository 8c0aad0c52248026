package phone_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/phone"
)

// TestParse covers Vault CVE-2025-6014 and its kind (row 28): one number has one form before
// anything is counted or compared.
func TestParse(t *testing.T) {
	t.Parallel()
	for spelled, want := range map[string]string{
		"+4915550100": "+4915550100", "+49 155 501-00": "+4915550100", "+49 (155) 501.00": "+4915550100", "+49/15550100": "+4915550100",
		"+1234567": "+1234567", "+123456789012345": "+123456789012345",
	} {
		if got, err := phone.Parse(spelled); err != nil || got != want {
			t.Errorf("%q: %q, %v", spelled, got, err)
		}
	}
	for _, bad := range []string{
		"", "+", "ada", "015550100", "004915550100", "+123456", "+1234567890123456", "+0123456789", "++4915550100", "+4915550100x",
		"+49155\u00a050100", "+４９15550100", "+4915550100\n", "+49155\x0050100", "+1" + strings.Repeat(" ", 64) + "234567",
	} {
		if got, err := phone.Parse(bad); !errors.Is(err, phone.ErrNumber) {
			t.Errorf("%q: %q, %v", bad, got, err)
		}
	}
}
