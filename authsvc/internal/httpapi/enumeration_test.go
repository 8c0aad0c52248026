package httpapi_test

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
)

// questions are the requests of somebody without a session that an answer could tell of
// who exists, each about an address.
func questions() map[string]func(email string) request {
	post := func(path string, fields ...any) func(string) request {
		return func(email string) request {
			return request{method: http.MethodPost, path: path, body: object(append([]any{"email", email}, fields...)...)}
		}
	}
	return map[string]func(string) request{
		"sign in":                        post("/sign-in/email", "password", newWords),
		"ask for a reset":                post("/request-password-reset"),
		"ask for a verification mail":    post("/send-verification-email"),
		"ask for a link to sign in":      post("/sign-in/magic-link"),
		"ask for a code to sign in":      post("/email-otp/send-verification-otp", "type", "sign-in"),
		"ask for a code to verify":       post("/email-otp/send-verification-otp", "type", "email-verification"),
		"ask for a code to reset":        post("/email-otp/request-password-reset"),
		"ask for a code to reset, older": post("/forget-password/email-otp"),
		"sign in with a code":            post("/sign-in/email-otp", "otp", "000000"),
		"verify with a code":             post("/email-otp/verify-email", "otp", "000000"),
		"reset with a code":              post("/email-otp/reset-password", "otp", "000000", "password", newWords),
	}
}

// TestAnswers_TellNobodyWhoExists covers Zitadel CVE-2023-44399, CVE-2024-41952 and
// CVE-2026-23511, and OpenBao CVE-2025-54999 (row 36; ASVS V6.3.8): known and unknown addresses
// get the same answer, headers included, wherever somebody without a session names one.
func TestAnswers_TellNobodyWhoExists(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	a.browser().signUp(t, ada)
	for name, ask := range questions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			known := patiently(func() answer { return a.do(t, ask(ada)) })
			unknown := patiently(func() answer { return a.do(t, ask("nobody@example.com")) })
			if known.status >= http.StatusInternalServerError || known.status == http.StatusNotFound {
				t.Fatalf("the question is not asked: %d %s", known.status, known.body)
			}
			if diff := cmp.Diff(known, unknown, cmp.AllowUnexported(answer{})); diff != "" {
				t.Errorf("(-known +unknown):\n%s", diff)
			}
		})
	}
}

// TestSoak_AnswersTakeAsLong compares the times of answers about known and unknown addresses
// (row 36, Zitadel CVE-2024-41952; Supabase issue 2702). It measures the clock, so it runs in
// "make soak" alone: the rank sum of interleaved samples must not tell the two apart.
func TestSoak_AnswersTakeAsLong(t *testing.T) { //nolint:paralleltest // measures time
	if os.Getenv("GATEHOUSE_SOAK") != "1" {
		t.Skip("measures time: make soak")
	}
	const rounds = 40
	a := newApp(t, authtest.Options{})
	for i := range rounds {
		a.browser().signUp(t, fmt.Sprintf("known-%d@example.com", i))
	}
	for name, ask := range questions() {
		var known, unknown []float64
		measure := func(email string) float64 {
			r := ask(email)
			began := time.Now()
			patiently(func() answer { return a.do(t, r) })
			return time.Since(began).Seconds()
		}
		for i := range rounds {
			if i%2 == 0 {
				known = append(known, measure(fmt.Sprintf("known-%d@example.com", i)))
				unknown = append(unknown, measure(fmt.Sprintf("nobody-%d@example.com", i)))
			} else {
				unknown = append(unknown, measure(fmt.Sprintf("nobody-%d@example.com", i)))
				known = append(known, measure(fmt.Sprintf("known-%d@example.com", i)))
			}
		}
		z := rankSum(known, unknown)
		t.Logf("summary: %s: z = %.1f", name, z)
		if math.Abs(z) > 4 { // of two equal distributions once in 16 000 times
			t.Errorf("%s tells who exists by its time: z = %.1f", name, z)
		}
	}
}

// rankSum returns the z value of the Mann-Whitney test of two samples of one size.
func rankSum(one, other []float64) float64 {
	all := slices.Concat(one, other)
	slices.Sort(all)
	sum := 0.0
	for _, v := range one {
		i, _ := slices.BinarySearch(all, v)
		sum += float64(i + 1)
	}
	n := float64(len(one))
	return (sum - n*(2*n+1)/2) / math.Sqrt(n*n*(2*n+1)/12)
}
