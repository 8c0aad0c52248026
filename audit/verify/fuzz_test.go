package verify_test

import (
	"bytes"
	"testing"

	"github.com/gatehouse-auth/gatehouse/audit/verify"
)

// FuzzExport looks for an export that is accepted and is not the honest one, or one that
// makes the verifier panic (gitsign CVE-2026-44310).
func FuzzExport(f *testing.F) {
	log := newLog(f, 7)
	export, key := log.export(f), log.signer.VerifierKey()
	f.Add(export)
	f.Add(export[:len(export)/2])
	for _, seed := range []string{"", "\n", "{}", `{"checkpoint":"x"}`, `{"index":0,"leaf":"e30="}`, "null\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		report, err := verify.Export(bytes.NewReader(input), key)
		if err == nil && !bytes.Equal(input, export) && report.Erased <= 1 {
			t.Errorf("accepted as %+v", report)
		}
		if err != nil && report != (verify.Report{}) {
			t.Errorf("refused with a report: %+v", report)
		}
	})
}
