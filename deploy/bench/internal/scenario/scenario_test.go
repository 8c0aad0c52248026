package scenario_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/scenario"
)

// protocol answers as both systems do, with the least that the scenarios need.
func protocol(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/auth/sign-up/email", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Email, Password string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("Origin") == "" || len(in.Password) < 8 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "signed%3D"})
		http.SetCookie(w, &http.Cookie{Name: "last", Value: "email"})
		fmt.Fprintf(w, `{"token":"the-session","user":{"email":%q}}`, in.Email)
	})
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"token":"eyJ.x"}`) })
	rotations := 0
	mux.HandleFunc("POST /api/auth/oauth2/token", func(w http.ResponseWriter, r *http.Request) {
		rotations++
		if r.FormValue("grant_type") == "refresh_token" && r.FormValue("refresh_token") != fmt.Sprintf("r%d", rotations-1) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, `{"access_token":"eyJ.%s","refresh_token":"r%d"}`, r.FormValue("subject_token"), rotations)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// prepare returns the script of a new visitor.
func prepare(t *testing.T, all []scenario.Scenario, name string) load.Script {
	t.Helper()
	visitor := scenario.NewVisitor(protocol(t), "ada")
	for _, s := range all {
		if s.Name == name {
			script, err := s.Prepare(t.Context(), visitor)
			if err != nil {
				t.Fatal(err)
			}
			return script
		}
	}
	t.Fatalf("there is no scenario %q", name)
	return nil
}

// next reads the script's next request as a server would.
func next(t *testing.T, script load.Script) (*http.Request, string) {
	t.Helper()
	reader := bufio.NewReader(bytes.NewReader(script.Next(nil)))
	request, err := http.ReadRequest(reader)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(reader); err != nil || len(rest) > 0 {
		t.Errorf("%d bytes behind the request, %v", len(rest), err)
	}
	return request, string(body)
}

func TestScenario_AsksAndChecks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		system  []scenario.Scenario
		name    string
		path    string
		header  [2]string
		body    string // part of it
		good    string
		refused string // a 200 that must not count
	}{
		{scenario.OfBare(), scenario.Bare, "/api/auth/get-session", [2]string{}, "", `{"session":1}`, "null"},
		{scenario.OfGatehouse(), scenario.Session, "/api/auth/get-session", [2]string{"Cookie", "session=signed%3D; last=email"}, "", `"ada@bench.example"`, "null"},
		{scenario.OfGatehouse(), scenario.Guarded, "/api/v1/gateway/caller", [2]string{"Authorization", "Bearer eyJ.the-session"}, "", `{"sub":"ada"}`, `{}`},
		{scenario.OfGatehouse(), scenario.Me, "/api/v1/me", [2]string{"Authorization", "Bearer eyJ.the-session"}, "", `"ada@bench.example"`, `"eve@bench.example"`},
		{scenario.OfGatehouse(), scenario.Bearer, "/api/auth/get-session", [2]string{"Authorization", "Bearer the-session"}, "", `"ada@bench.example"`, "null"},
		{scenario.OfReference(), scenario.Guarded, "/api/auth/get-session", [2]string{"Authorization", "Bearer the-session"}, "", `"ada@bench.example"`, "null"},
		{scenario.OfJose(), scenario.Guarded, "/guarded", [2]string{"Authorization", "Bearer eyJ.x"}, "", `{"sub":"ada"}`, `{}`},
		{scenario.OfReference(), scenario.Mint, "/api/auth/token", [2]string{"Cookie", "session=signed%3D; last=email"}, "", `{"token":"eyJx"}`, `{"token":null}`},
		{
			scenario.OfGatehouse(), scenario.SignIn, "/api/auth/sign-in/email",
			[2]string{"Content-Type", "application/json"},
			`"email":"ada@bench.example"`, `{"token":"x"}`, `{"twoFactorRedirect":true}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			script := prepare(t, c.system, c.name)
			request, body := next(t, script)
			if request.URL.Path != c.path || !strings.Contains(body, c.body) {
				t.Errorf("asked %s with %s", request.URL.Path, body)
			}
			if c.header[0] != "" && request.Header.Get(c.header[0]) != c.header[1] {
				t.Errorf("%s is %q, want %q", c.header[0], request.Header.Get(c.header[0]), c.header[1])
			}
			if err := script.Take(http.StatusOK, []byte(c.good)); err != nil {
				t.Errorf("a good answer: %v", err)
			}
			if script.Take(http.StatusOK, []byte(c.refused)) == nil || script.Take(http.StatusUnauthorized, []byte(c.good)) == nil {
				t.Error("a wrong answer counts")
			}
		})
	}
}

func TestSignUp_IsSomebodyNewEachTime(t *testing.T) {
	t.Parallel()
	script := prepare(t, scenario.OfGatehouse(), scenario.SignUp)
	_, first := next(t, script)
	_, second := next(t, script)
	if first == second || !json.Valid([]byte(first)) {
		t.Errorf("signed up %s, then %s", first, second)
	}
}

func TestRefresh_GoesOnWithTheNewToken(t *testing.T) {
	t.Parallel()
	script := prepare(t, scenario.OfGatehouse(), scenario.Refresh)
	if _, body := next(t, script); !strings.Contains(body, "refresh_token=r1") {
		t.Errorf("first: %s", body)
	}
	if err := script.Take(http.StatusOK, []byte(`{"access_token":"a","refresh_token":"r2"}`)); err != nil {
		t.Fatal(err)
	}
	if _, body := next(t, script); !strings.Contains(body, "refresh_token=r2") {
		t.Errorf("second: %s", body)
	}
	for _, answer := range []string{`{"refresh_token":"r2"}`, `{}`, `no JSON`} {
		if script.Take(http.StatusOK, []byte(answer)) == nil {
			t.Errorf("%s counts as a rotation", answer)
		}
	}
}

// A failed answer is shown in the report of the run; a good one holds tokens and is not.
func TestTake_ShowsErrorsAndNotTokens(t *testing.T) {
	t.Parallel()
	script := prepare(t, scenario.OfGatehouse(), scenario.Session)
	if err := script.Take(http.StatusServiceUnavailable, []byte("try later")); !strings.Contains(err.Error(), "503: try later") {
		t.Errorf("got %v", err)
	}
	if err := script.Take(http.StatusOK, []byte("a token")); strings.Contains(err.Error(), "token") {
		t.Errorf("got %v", err)
	}
}

func TestScenarios_HaveAPlaceInTheReport(t *testing.T) {
	t.Parallel()
	place := strings.Join(scenario.Names(), "\n")
	for _, system := range [][]scenario.Scenario{scenario.OfBare(), scenario.OfGatehouse(), scenario.OfReference(), scenario.OfTuned(), scenario.OfJose()} {
		for _, s := range system {
			if !strings.Contains(place, s.Name) {
				t.Errorf("%s is not in the report", s.Name)
			}
		}
	}
}
