package httpapi_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"github.com/gatehouse-auth/gatehouse/audit/internal/audittest"
	"github.com/gatehouse-auth/gatehouse/audit/verify"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

type inclusion struct {
	Index      uint64
	Leaf       []byte
	Path       [][]byte
	Checkpoint string
}

type consistency struct {
	From, To   uint64
	Path       [][]byte
	Checkpoint string
}

// trusted opens a checkpoint with the key that the API publishes.
func trusted(t *testing.T, w *world, signed string) *log.Checkpoint {
	t.Helper()
	key := strings.TrimSpace(w.ask(t, "key", "/api/v1/audit/key").Body.String())
	verifier, err := note.NewVerifier(key)
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, _, _, err := log.ParseCheckpoint([]byte(signed), audittest.Origin, verifier)
	if err != nil {
		t.Fatal(err)
	}
	return checkpoint
}

// What an auditor does with the answers alone, and another library than the server's.
func TestAPI_ProofsVerify(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Fill(t, "library", 1, 5)
	earlier := trusted(t, w, w.ask(t, "checkpoint", "/api/v1/audit/checkpoint").Body.String())
	w.Fill(t, "library", 6, 6)
	for _, e := range read[list](t, w.ask(t, "events", events200)).Events {
		got := read[inclusion](t, w.ask(t, "event-proof", "/api/v1/audit/events/"+e.ID+"/proof"))
		checkpoint := trusted(t, w, got.Checkpoint)
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, got.Index, checkpoint.Size, rfc6962.DefaultHasher.HashLeaf(got.Leaf), got.Path, checkpoint.Hash); err != nil {
			t.Errorf("event %s: %v", e.ID, err)
		}
		if !bytes.Contains(got.Leaf, []byte(e.ID)) {
			t.Errorf("event %s: the leaf is another's: %s", e.ID, got.Leaf)
		}
	}
	grown := read[consistency](t, w.ask(t, "consistency", "/api/v1/audit/consistency?from=5"))
	later := trusted(t, w, grown.Checkpoint)
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, grown.From, grown.To, grown.Path, earlier.Hash, later.Hash); err != nil {
		t.Error(err)
	}
	if grown.From != 5 || grown.To != 11 || later.Size != 11 {
		t.Errorf("grown from %d to %d, checkpoint of %d", grown.From, grown.To, later.Size)
	}
}

func TestAPI_ProofRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refused(t, w.ask(t, "checkpoint", "/api/v1/audit/checkpoint"), http.StatusNotFound, "audit.empty")
	refused(t, w.ask(t, "export", "/api/v1/audit/export"), http.StatusNotFound, "audit.empty")
	w.Fill(t, "library", 1, 1)
	for _, id := range []string{"x", uuid.NewString(), strings.Repeat("0", 300), "0197f3a0-0000-7000-8000-00000000000g", "%00"} {
		refused(t, w.ask(t, "event-proof", "/api/v1/audit/events/"+id+"/proof"), http.StatusNotFound, "audit.event_unknown")
	}
	late := audittest.Event(t, 2)
	w.Take(t, "library", late)
	out := w.ask(t, "event-proof", "/api/v1/audit/events/"+late.ID+"/proof")
	refused(t, out, http.StatusServiceUnavailable, "audit.not_yet_signed")
	if out.Header().Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", out.Header().Get("Retry-After"))
	}
}

func TestAPI_ExportPagesVerifyTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Take(t, "archive", audittest.Event(t, 1, audittest.Personal("reader-1", `{"name":"<Ada & \u2028 co>"}`)))
	w.Fill(t, "library", 1, 430)
	var export bytes.Buffer
	pages := 0
	for cursor := ""; pages == 0 || cursor != ""; pages++ {
		target := "/api/v1/audit/export"
		if cursor != "" {
			target += "?cursor=" + url.QueryEscape(cursor)
		}
		out := w.ask(t, "export", target)
		if out.Code != http.StatusOK || out.Header().Get("Content-Type") != "application/x-ndjson" {
			t.Fatalf("status %d, %s", out.Code, out.Body)
		}
		export.Write(out.Body.Bytes())
		cursor = out.Header().Get(httpx.NextHeader)
		w.Fill(t, "library", int64(431+pages), 1) // the log grows meanwhile
	}
	if pages != 3 {
		t.Errorf("%d pages", pages)
	}
	report, err := verify.Export(&export, w.Signer.VerifierKey())
	if err != nil || report.Leaves != 431 || report.Personal != 1 {
		t.Errorf("%+v, %v", report, err)
	}
}
