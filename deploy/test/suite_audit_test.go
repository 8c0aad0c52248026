package test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"github.com/gatehouse-auth/gatehouse/audit/verify"
	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// audit looks at what an administrator sees of somebody who did the main job.
func (s *suite) audit(t *testing.T, p *person) {
	t.Helper()
	boss := s.administrator(t)
	s.status(t, "the log for who may not read it", p.send(t, "GET /api/v1/audit/events", nil), 403)
	s.status(t, "the log for nobody", s.visitor().send(t, "GET /api/v1/audit/events", nil), 401)

	want := []string{
		"authsvc.signed_in.v1", "authsvc.signed_out.v1", "authsvc.signed_up.v1", "authsvc.token_issued.v1",
		"authsvc.verification_mail_requested.v1", "identity.email_verified.v1", "identity.user_created.v1",
	}
	var events []map[string]any
	shape.Until(t, 20*time.Second, func(context.Context) error {
		events = boss.send(t, "GET /api/v1/audit/events?subject="+p.id, nil).list("events")
		if diff := cmp.Diff(want, actions(events)); diff != "" {
			return fmt.Errorf("events of one person (-want +got):\n%s", diff)
		}
		return nil
	})
	s.checks.Add(int64(len(want)))
	s.is(t, "the log page by page", s.pages(t, boss, "/api/v1/audit/events?limit=2&subject="+p.id), ids(events))
	bySignOut := boss.send(t, "GET /api/v1/audit/events?action=authsvc.signed_out.v1&actor="+p.id, nil).list("events")
	s.is(t, "the log by action and actor", actions(bySignOut), []string{"authsvc.signed_out.v1"})
	future := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	s.is(t, "the log of the future", len(boss.send(t, "GET /api/v1/audit/events?from="+future, nil).list("events")), 0)

	verifier := s.verifier(t, boss)
	early := s.checkpoint(t, boss, verifier)
	for _, id := range ids(events) {
		s.proveInclusion(t, boss, verifier, id)
	}
	s.proveGrowth(t, boss, verifier, early)
	s.export(t, boss)
}

// pages follows the cursors and returns all ids.
func (s *suite) pages(t *testing.T, boss *visitor, path string) []string {
	t.Helper()
	var all []string
	for cursor := ""; ; {
		page := boss.send(t, "GET "+path+cursor, nil)
		s.status(t, "a page", page, 200)
		found := ids(page.list("events"))
		s.holds(t, "a page has at most two entries", len(found) <= 2)
		all = append(all, found...)
		if page.at("next") == "" {
			return all
		}
		cursor = "&cursor=" + page.at("next")
	}
}

func (s *suite) verifier(t *testing.T, boss *visitor) note.Verifier {
	t.Helper()
	key := boss.send(t, "GET /api/v1/audit/key", nil)
	s.status(t, "the public key", key, 200)
	verifier, err := note.NewVerifier(string(bytes.TrimSpace(key.body)))
	if err != nil {
		t.Fatalf("public key: %v in %s", err, key)
	}
	return verifier
}

func (s *suite) checkpoint(t *testing.T, boss *visitor, verifier note.Verifier) *log.Checkpoint {
	t.Helper()
	got := boss.send(t, "GET /api/v1/audit/checkpoint", nil)
	s.status(t, "the checkpoint", got, 200)
	return s.signed(t, string(got.body), verifier)
}

func (s *suite) signed(t *testing.T, text string, verifier note.Verifier) *log.Checkpoint {
	t.Helper()
	checkpoint, _, _, err := log.ParseCheckpoint([]byte(text), verifier.Name(), verifier)
	if err != nil {
		t.Fatalf("checkpoint: %v in %q", err, text)
	}
	s.checks.Add(1)
	return checkpoint
}

// proveInclusion verifies the proof of an event with another library than the server's.
func (s *suite) proveInclusion(t *testing.T, boss *visitor, verifier note.Verifier, id string) {
	t.Helper()
	var said struct {
		Index      uint64
		Leaf       []byte
		Path       [][]byte
		Checkpoint string
	}
	shape.Until(t, 20*time.Second, func(context.Context) error {
		got := boss.send(t, "GET /api/v1/audit/events/"+id+"/proof", nil)
		if got.status != 200 { // no checkpoint covers it yet
			return fmt.Errorf("proof of %s: %s", id, got)
		}
		return json.Unmarshal(got.body, &said)
	})
	checkpoint := s.signed(t, said.Checkpoint, verifier)
	leaf := rfc6962.DefaultHasher.HashLeaf(said.Leaf)
	err := proof.VerifyInclusion(rfc6962.DefaultHasher, said.Index, checkpoint.Size, leaf, said.Path, checkpoint.Hash)
	s.is(t, "the inclusion proof of "+id, err, nil)
	s.holds(t, "the leaf is about the event", bytes.Contains(said.Leaf, []byte(id)))
}

// proveGrowth verifies that the log only grew since an earlier checkpoint.
func (s *suite) proveGrowth(t *testing.T, boss *visitor, verifier note.Verifier, early *log.Checkpoint) {
	t.Helper()
	got := boss.send(t, "GET /api/v1/audit/consistency?from="+strconv.FormatUint(early.Size, 10), nil)
	s.status(t, "the consistency proof", got, 200)
	var said struct {
		Path       [][]byte
		Checkpoint string
	}
	if err := json.Unmarshal(got.body, &said); err != nil {
		t.Fatal(err)
	}
	late := s.signed(t, said.Checkpoint, verifier)
	err := proof.VerifyConsistency(rfc6962.DefaultHasher, early.Size, late.Size, said.Path, early.Hash, late.Hash)
	s.is(t, "the consistency proof", err, nil)
}

// export verifies the whole log offline, and that a changed one does not verify.
func (s *suite) export(t *testing.T, boss *visitor) {
	t.Helper()
	key := string(bytes.TrimSpace(boss.send(t, "GET /api/v1/audit/key", nil).body))
	whole := boss.send(t, "GET /api/v1/audit/export", nil)
	s.status(t, "the export", whole, 200)
	report, err := verify.Export(bytes.NewReader(whole.body), key)
	s.is(t, "the export's verification", err, nil)
	s.holds(t, "the export has the person's events", report.Leaves >= 7)
	file := filepath.Join(t.TempDir(), "export.jsonl")
	if err := os.WriteFile(file, whole.body, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := run(t.Context(), nil, "audit", "verify", "--key", key, file)
	s.is(t, "the command's verdict", err, nil)
	s.holds(t, "the command says how many leaves there are: "+said, strings.Contains(said, strconv.FormatInt(report.Leaves, 10)))
	_, err = verify.Export(bytes.NewReader(bytes.Replace(whole.body, []byte(`"index":1,`), []byte(`"index":2,`), 1)), key)
	s.holds(t, "a changed export is refused", err != nil)
	lines := bytes.SplitAfter(whole.body, []byte("\n"))
	_, err = verify.Export(bytes.NewReader(bytes.Join(lines[1:], nil)), key)
	s.holds(t, "an export with an event less is refused", err != nil)
}

func actions(events []map[string]any) []string {
	var all []string
	for _, e := range events {
		action, _ := e["action"].(string)
		all = append(all, action)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func ids(events []map[string]any) []string {
	var all []string
	for _, e := range events {
		id, _ := e["id"].(string)
		all = append(all, id)
	}
	return all
}
