package httpx_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

var update = flag.Bool("update", false, "write the golden files anew")

// failures are one error of each kind, and those that a format treats apart.
func failures() []error {
	var all []error
	for _, kind := range []fault.Kind{
		fault.Internal, fault.Invalid, fault.Unauthenticated, fault.Denied, fault.NotFound, fault.Conflict, fault.Exhausted,
		fault.TooLarge, fault.Unimplemented, fault.Unavailable, fault.Overloaded, fault.Deadline,
	} {
		all = append(all, fault.New(kind, "book."+string(kind), "What a person may read about <it>.").With(errors.New("dial 10.0.0.7")))
	}
	for _, code := range []string{
		"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
		"invalid_target", "unsupported_token_type", "consent_required",
	} {
		all = append(all, fault.New(fault.Invalid, code, ""))
	}
	return append(all,
		fault.New(fault.Exhausted, "book.limit", "Slow down.").WithRetryAfter(90*time.Second+1),
		fault.New(fault.Unavailable, "book.soon", "Try again.").WithRetryAfter(time.Millisecond),
		fault.New(fault.Invalid, "book.never", "It will not help.").WithRetryAfter(time.Minute),
		errors.New("a plain error about 10.0.0.7"))
}

// transcript writes an answer down with all its headers.
func transcript(answer *http.Response, body string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d %s\n", answer.StatusCode, http.StatusText(answer.StatusCode))
	for _, name := range slices.Sorted(maps.Keys(answer.Header)) {
		fmt.Fprintf(&text, "%s: %s\n", name, strings.Join(answer.Header[name], " | "))
	}
	return text.String() + body + "\n\n"
}

// RFC 9457 (problem), RFC 6749, section 5.2 (oauth). What they answer is a promise to
// clients: read every change of these files.
func TestWriteError_KeepsItsFormats(t *testing.T) {
	t.Parallel()
	for _, format := range []httpx.Format{httpx.Problem, httpx.OAuth, httpx.CodeMessage} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			for _, err := range failures() {
				answer := httptest.NewRecorder()
				request := httptest.NewRequest(http.MethodGet, "/books/7", nil)
				ctx := trace.With(t.Context(), trace.Span{RequestID: "r-1"})
				httpx.WriteError(answer, request.WithContext(ctx), format, err)
				fmt.Fprintf(&got, "# %v\n%s", err, transcript(answer.Result(), answer.Body.String())) //nolint:bodyclose // a recorder's
				if strings.Contains(answer.Body.String(), "10.0.0.7") {
					t.Errorf("the answer shows the cause: %s", answer.Body)
				}
			}
			golden(t, string(format)+".txt", got.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s; if that is meant, run with -update: %s", path, diff)
	}
}

func TestWriteError_KeepsAChallengeThatIsSet(t *testing.T) {
	t.Parallel()
	answer := httptest.NewRecorder()
	answer.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	httpx.WriteError(answer, httptest.NewRequest(http.MethodGet, "/", nil), httpx.Problem, fault.New(fault.Unauthenticated, "no", "No."))
	if got := answer.Header().Get("WWW-Authenticate"); got != `Bearer error="invalid_token"` {
		t.Errorf("it became %q", got)
	}
}

func TestWriteProblem_TakesAStatusOfItsOwn(t *testing.T) {
	t.Parallel()
	answer := httptest.NewRecorder()
	err := httpx.WriteProblem(answer, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusMethodNotAllowed,
		fault.New(fault.Invalid, "method", "Only GET."))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"about:blank","title":"Method Not Allowed","status":405,"detail":"Only GET.","code":"method"}`
	if answer.Code != http.StatusMethodNotAllowed || answer.Body.String() != want {
		t.Errorf("got %d %s", answer.Code, answer.Body)
	}
}

func TestWriteStatus_AnswersJSON(t *testing.T) {
	t.Parallel()
	answer := httptest.NewRecorder()
	if err := httpx.WriteStatus(answer, http.StatusCreated, author{"ä"}); err != nil {
		t.Fatal(err)
	}
	want := "201 Created\nContent-Length: 13\nContent-Type: application/json\n{\"name\":\"ä\"}\n\n"
	if got := transcript(answer.Result(), answer.Body.String()); got != want { //nolint:bodyclose // a recorder's
		t.Errorf("got %s", got)
	}
	answer = httptest.NewRecorder()
	if err := httpx.WriteJSON(answer, author{}); err != nil || answer.Code != http.StatusOK {
		t.Errorf("WriteJSON: %d, %v", answer.Code, err)
	}
}

func TestWriteJSON_BeginsNoAnswerThatItCannotEncode(t *testing.T) {
	t.Parallel()
	answer, _ := run(t, nil, func(w http.ResponseWriter, _ *http.Request) error { return httpx.WriteJSON(w, make(chan int)) }, "")
	if answer.Code != http.StatusInternalServerError {
		t.Errorf("answered %d %s", answer.Code, answer.Body)
	}
}
