package httpapi_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/cookie"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/httpapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/origin"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	ada       = "ada@example.com"
	eve       = "eve@example.com"
	newWords  = "another horse, another battery"
	frontEnd  = "https://app.example.com" // trusted
	evil      = "https://evil.example"
	typeJSON  = "application/json"
	typeForm  = "application/x-www-form-urlencoded"
	sessionID = "__Secure-better-auth.session_token"
)

// app is the module's routes over a World.
type app struct {
	*authtest.World
	table *httpx.Table
	mux   *http.ServeMux
	log   *journal
}

func newApp(t *testing.T, o authtest.Options) *app {
	t.Helper()
	return newAppWith(t, o, func(*httpapi.Config, *authtest.Clock) {})
}

// newAppWith returns an app with changed settings.
func newAppWith(t *testing.T, o authtest.Options, change func(*httpapi.Config, *authtest.Clock)) *app {
	t.Helper()
	a := &app{World: authtest.New(t, o), mux: http.NewServeMux(), log: &journal{}}
	config := httpapi.Config{
		Accounts: a.Accounts, Grants: a.Grants, Linked: a.Linked, Admin: a.Admin, Social: a.Social, Factors: a.Factors, OneTime: a.OneTime,
		MailCodes: a.MailCodes, MagicLinks: a.MagicLinks, Phones: a.Phones, Cookies: cookie.New(a.Root, true),
		Origins: origin.New(authtest.Base, []string{frontEnd}), Base: authtest.Base, Now: a.Clock.Now,
	}
	change(&config, a.Clock)
	api := httpapi.New(config)
	table, err := httpx.NewTable(api.Routes(), zerolog.New(a.log))
	if err != nil {
		t.Fatal(err)
	}
	a.table = table
	for _, route := range table.Routes() {
		a.mux.Handle(route.Method+" "+route.Path, table.Handler(route.ID))
	}
	return a
}

// journal is a log that tests read. It is safe for concurrent use.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// request is one call. Its path is below /api/auth; with a body it is a POST of JSON,
// unless it says something else.
type request struct {
	method string
	path   string
	body   string
	header map[string]string
}

func (r request) build(t *testing.T) *http.Request {
	t.Helper()
	method := r.method
	switch {
	case method != "":
	case r.body != "":
		method = http.MethodPost
	default:
		method = http.MethodGet
	}
	built := httptest.NewRequestWithContext(t.Context(), method, authtest.Base+"/api/auth"+r.path, strings.NewReader(r.body))
	if r.body != "" {
		built.Header.Set("Content-Type", typeJSON)
	}
	for name, value := range r.header {
		built.Header.Set(name, value)
	}
	return built
}

// answer is what came back.
type answer struct {
	status  int
	header  http.Header
	body    string
	cookies []*http.Cookie
}

func (a *app) do(t *testing.T, r request) answer {
	t.Helper()
	recorder := httptest.NewRecorder()
	a.mux.ServeHTTP(recorder, r.build(t))
	result := recorder.Result()
	defer result.Body.Close()
	return answer{result.StatusCode, result.Header, recorder.Body.String(), result.Cookies()}
}

// code returns the code of an error, in the protocol's or in OAuth's shape.
func (a answer) code(t *testing.T) string {
	t.Helper()
	var failure struct{ Code, Error string }
	a.decode(t, &failure)
	return failure.Code + failure.Error
}

func (a answer) decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		t.Fatalf("status %d, body %q: %v", a.status, a.body, err)
	}
}

// cookie returns the cookie that the answer sets, nil for none.
func (a answer) cookie(name string) *http.Cookie {
	for _, c := range a.cookies {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// overloaded returns an error if the answer asks to try again, as an overloaded machine does.
func (a answer) overloaded() error {
	if a.status == http.StatusServiceUnavailable && strings.Contains(a.body, password.ErrBusy.Code) {
		return password.ErrBusy
	}
	return nil
}

// wants fails the test unless the answer has this status and, if one is given, this code.
func (a answer) wants(t *testing.T, status int, code string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d; body %s", a.status, status, a.body)
		return
	}
	if code != "" && a.code(t) != code {
		t.Errorf("code %q, want %q; body %s", a.code(t), code, a.body)
	}
}

// browser keeps cookies as a browser does, and sends its page's origin.
type browser struct {
	app     *app
	cookies map[string]string
	origin  string
}

func (a *app) browser() *browser {
	return &browser{app: a, cookies: map[string]string{}, origin: frontEnd}
}

func (b *browser) do(t *testing.T, r request) answer {
	t.Helper()
	header := map[string]string{"Origin": b.origin}
	var pairs []string
	for name, value := range b.cookies {
		pairs = append(pairs, name+"="+value)
	}
	if len(pairs) > 0 {
		header["Cookie"] = strings.Join(pairs, "; ")
	}
	for name, value := range r.header {
		header[name] = value
	}
	r.header = header
	got := b.app.do(t, r)
	for _, c := range got.cookies {
		if c.MaxAge < 0 || c.Value == "" {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c.Value
	}
	return got
}

func object(pairs ...any) string {
	members := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		members[name] = pairs[i+1]
	}
	encoded, err := json.Marshal(members)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}

// signed is the part of the answers of sign-up and sign-in that tests use.
type signed struct {
	Token string
	User  struct{ ID, Email string }
}

// patiently repeats a request that an overloaded machine turned away.
func patiently(do func() answer) answer {
	got, _ := authtest.Patiently(func() (answer, error) {
		got := do()
		return got, got.overloaded()
	})
	return got
}

// signUp makes a user in this browser, and returns what the answer says.
func (b *browser) signUp(t *testing.T, email string) signed {
	t.Helper()
	got := patiently(func() answer {
		return b.do(t, request{path: "/sign-up/email", body: object("email", email, "password", authtest.Password, "name", "Ada")})
	})
	got.wants(t, http.StatusOK, "")
	var in signed
	got.decode(t, &in)
	return in
}

// signIn signs in, with further members of the body.
func (b *browser) signIn(t *testing.T, email, password string, more ...any) answer {
	t.Helper()
	body := object(append([]any{"email", email, "password", password}, more...)...)
	return patiently(func() answer { return b.do(t, request{path: "/sign-in/email", body: body}) })
}

// session returns the id of the session that the browser holds, empty for none.
func (b *browser) session(t *testing.T) string {
	t.Helper()
	got := b.do(t, request{path: "/get-session"})
	got.wants(t, http.StatusOK, "")
	var current *struct{ Session struct{ ID string } }
	got.decode(t, &current)
	if current == nil {
		return ""
	}
	return current.Session.ID
}
