package breach_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/breach"
)

// What the service knows of a password. The values are from its documentation, so that a wrong
// digest shows.
const (
	words  = "P@ssw0rd"
	prefix = "21BD1"
	suffix = "2DC183F740EE76F27B78EB39C8AD972A757"
	other  = "0018A45C4D1DEF81644B54AB7F969B88D65"
)

// TestRange_Breached covers ASVS V6.2.12.
func TestRange_Breached(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		answer string
		want   bool
		fails  bool
	}{
		"finds a password":                {200, other + ":1\r\n" + suffix + ":52579", true, false},
		"finds it in lower case":          {200, strings.ToLower(suffix) + ":1\n", true, false},
		"takes a count of 0 for padding":  {200, suffix + ":0\r\n" + other + ":3", false, false},
		"does not find another":           {200, other + ":3\r\n", false, false},
		"gives no verdict on an error":    {500, other + ":3", false, true},
		"gives no verdict on a limit":     {429, "", false, true},
		"gives no verdict on a redirect":  {302, "", false, true},
		"gives no verdict on a page":      {200, "<html>Sign in to the airport's network</html>", false, true},
		"gives no verdict on nothing":     {200, "", false, true},
		"gives no verdict on a bad count": {200, suffix + ":many", false, true},
		"gives no verdict on half a line": {200, other + ":3\r\n" + suffix[:10], false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet || r.URL.Path != "/range/"+prefix || r.URL.RawQuery != "" || r.Header.Get("Add-Padding") != "true" {
					t.Errorf("asked %s %s, padding %q", r.Method, r.URL, r.Header.Get("Add-Padding"))
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.answer)
			}))
			defer server.Close()
			service, err := breach.Open(server.URL + "/range/")
			if err != nil {
				t.Fatal(err)
			}
			found, err := service.Breached(t.Context(), words)
			if found != tc.want || tc.fails != errors.Is(err, breach.ErrUnavailable) || !tc.fails && err != nil {
				t.Errorf("Breached = %t, %v", found, err)
			}
		})
	}
}

// TestRange_SaysNothingOfThePassword: not even the prefix reaches the log.
func TestRange_SaysNothingOfThePassword(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	service, err := breach.Open(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = service.Breached(t.Context(), words)
	if !errors.Is(err, breach.ErrUnavailable) {
		t.Fatalf("Breached = %v", err)
	}
	if strings.Contains(err.Error(), prefix) {
		t.Errorf("the error is %v", err)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	if none, err := breach.Open(""); none != nil || err != nil {
		t.Errorf("nothing opens as %v, %v", none, err)
	}
	for _, place := range []string{"ftp://example.com/range", "https://", "https://a:b@example.com/", "https://example.com/?q", "/nowhere/hashes.txt", t.TempDir()} {
		if _, err := breach.Open(place); err == nil {
			t.Errorf("%q opens", place)
		}
	}
}
