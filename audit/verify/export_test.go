package verify_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/audit/verify"
)

var update = flag.Bool("update", false, "write testdata anew")

func TestExport_Accepts(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 2, 3, 4, 7, 8, 9, 64, 100} {
		log := newLog(t, size)
		report, err := verify.Export(bytes.NewReader(log.export(t)), log.signer.VerifierKey())
		if err != nil {
			t.Fatalf("%d leaves: %v", size, err)
		}
		if personal := int64(size+2) / 3; report.Leaves != int64(size) || report.Personal+report.Erased != personal || report.Origin != origin {
			t.Errorf("%d leaves: %+v", size, report)
		}
	}
}

// The golden export holds the format still: logs of today must verify in ten years.
func TestExport_AcceptsTheGoldenExport(t *testing.T) {
	t.Parallel()
	log := newLog(t, 12)
	golden := filepath.Join("testdata", "export.jsonl")
	if *update {
		if err := os.WriteFile(golden, log.export(t), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	export, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(export), string(log.export(t))); diff != "" {
		t.Errorf("the format changed:\n%s", diff)
	}
	const key = "example.com/audit+53982a13+Ac7MFQfcHd1ylZUcKQiI8JWtuQRNG3PWlubfBl1oO9T8"
	const root = "f480c3e7c5b10c31f4653422ad91f6fdfd79e3032dc81ef0da41652ca759ae2c"
	report, err := verify.Export(bytes.NewReader(export), key)
	if err != nil {
		t.Fatal(err)
	}
	want := verify.Report{Origin: origin, Leaves: 12, Personal: 3, Erased: 1, Root: root}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Error(diff)
	}
}

func TestExport_RefusesWhatIsNoExport(t *testing.T) {
	t.Parallel()
	log := newLog(t, 3)
	key := log.signer.VerifierKey()
	for name, text := range map[string]string{
		"nothing": "", "an empty line": "\n", "no JSON": "hello\n", "an array": "[]\n", "null": "null\n", "an empty object": "{}\n",
		"an error answer":       `{"type":"about:blank","status":503}` + "\n",
		"a line beyond a limit": `{"index":0,"leaf":"` + strings.Repeat("A", 1<<20) + `"}` + "\n",
		"no checkpoint":         string(encode(t, log.lines...)),
		"an empty checkpoint":   string(encode(t, log.lines...)) + `{"checkpoint":""}` + "\n",
	} {
		if report, err := verify.Export(strings.NewReader(text), key); err == nil || report != (verify.Report{}) {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
	if _, err := verify.Export(strings.NewReader(""), key); !errors.Is(err, verify.ErrNoCheckpoint) {
		t.Errorf("nothing: %v", err)
	}
	broken := errors.New("disk")
	if _, err := verify.Export(iotest.TimeoutReader(iotest.ErrReader(broken)), key); !errors.Is(err, broken) {
		t.Errorf("a file that cannot be read: %v", err)
	}
	for _, bad := range []string{"", "x", "example.com/audit+00000000+AAAA", strings.Replace(key, "example", "exampel", 1), key + "A"} {
		if _, err := verify.Export(bytes.NewReader(log.export(t)), bad); err == nil || !strings.Contains(err.Error(), "public key") {
			t.Errorf("key %q: %v", bad, err)
		}
	}
}

func BenchmarkExport(b *testing.B) {
	log := newLog(b, 1000)
	export, key := log.export(b), log.signer.VerifierKey()
	b.SetBytes(int64(len(export)))
	for b.Loop() {
		if _, err := verify.Export(bytes.NewReader(export), key); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "leaves/s")
}
