package trace_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

func TestFrom_ReturnsTheInnermostSpan(t *testing.T) {
	t.Parallel()
	outer := trace.Span{RequestID: "r-1", Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	ctx := trace.With(t.Context(), outer)
	if got := trace.From(ctx); got != outer {
		t.Errorf("got %+v, want %+v", got, outer)
	}
	if got := trace.From(trace.With(ctx, trace.Span{RequestID: "r-2"})); got != (trace.Span{RequestID: "r-2"}) {
		t.Errorf("got %+v, want r-2 without a traceparent", got)
	}
	if got := trace.From(t.Context()); got != (trace.Span{}) {
		t.Errorf("a context without a span has %+v", got)
	}
}

func TestNewRequestID_IsFreshAndValid(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := trace.NewRequestID()
		if !trace.ValidRequestID(id) || len(id) < 26 || id != strings.ToLower(id) {
			t.Fatalf("%q", id)
		}
		if seen[id] {
			t.Fatalf("%q came twice", id)
		}
		seen[id] = true
	}
}

// ASVS 5.0, V16.4.1: what goes into a log line cannot forge another.
func TestValidRequestID_TakesOnlyPlainTokens(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"a": true, "A-Z_0.9": true, strings.Repeat("x", 64): true, "..": true,
		"": false, strings.Repeat("x", 65): false, "a b": false, "a\nb": false, "a\r": false, "a\x00": false, "ä": false,
		"a/b": false, "a:b": false, `a"b`: false, "a,b": false, "a;b": false, "{}": false, "a\x7f": false, "\xff": false,
	} {
		if got := trace.ValidRequestID(id); got != want {
			t.Errorf("%q: got %t", id, got)
		}
	}
}

func FuzzValidRequestID(f *testing.F) {
	plain := regexp.MustCompile(`\A[A-Za-z0-9._-]{1,64}\z`)
	for _, id := range []string{"", "a", "a\n", "ä", strings.Repeat("x", 65), "a b"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if got, want := trace.ValidRequestID(id), plain.MatchString(id); got != want {
			t.Errorf("%q: got %t, want %t", id, got, want)
		}
	})
}
