package test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// operation is one row of the API document.
type operation struct {
	method, path string            // the path filled in with names that nothing has
	fields       map[string]string // of the body: its type by name
}

func (o operation) what() string {
	if o.method == http.MethodDelete && o.path == "/dev/mailbox.json" { // the other parts of the suite wait for their mail
		return "DELETE /dev/mailbox.json?to=nobody-at-all@example.com"
	}
	return o.method + " " + o.path
}

// operations are all rows of the API document, in order.
func (s *suite) operations(t *testing.T) []operation {
	t.Helper()
	tree, _ := s.visitor().send(t, "GET /openapi.json", nil).json().(map[string]any)
	paths := below(tree, "paths")
	var all []operation
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		methods := below(paths, path)
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			op := operation{strings.ToUpper(method), filled(path), map[string]string{}}
			for name := range below(methods, method, "requestBody", "content", "application/json", "schema", "properties") {
				op.fields[name], _ = below(methods, method, "requestBody", "content", "application/json", "schema", "properties", name)["type"].(string)
			}
			all = append(all, op)
		}
	}
	s.holds(t, "the document lists the whole API", len(all) >= 38)
	return all
}

// below walks down a tree of objects.
func below(tree map[string]any, names ...string) map[string]any {
	for _, name := range names {
		tree, _ = tree[name].(map[string]any)
	}
	return tree
}

// filled replaces the variables of a path.
func filled(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			parts[i] = "0"
		}
	}
	return strings.Join(parts, "/")
}

// endedEverywhere presents a session that has ended, as a cookie and as a bearer token, to
// every route there is: to all of them it is nobody (Keycloak CVE-2023-0091 and
// CVE-2024-7341; ASVS V7.4.1, V7.2.1, V8.2.1, V2.3.1).
func (s *suite) endedEverywhere(t *testing.T) {
	p := s.signUp(t)
	cookies := maps.Clone(p.cookies)
	s.status(t, "sign out", p.send(t, "POST /api/auth/sign-out", nil), 200)
	for _, op := range s.operations(t) {
		cookie := s.visitor()
		cookie.cookies = maps.Clone(cookies)
		nobody := s.visitor().send(t, op.what(), nil)
		for kind, who := range map[string]*visitor{"cookie": cookie, "bearer token": s.visitor().with(p.token)} {
			got := who.send(t, op.what(), nil)
			s.is(t, op.what()+" with the "+kind+" of a session that ended: "+got.String(), got.status, nobody.status)
		}
	}
}

// headersEverywhere looks at the answer of every route (ASVS V3.2.1, V3.4.3, V3.4.4, V3.4.5,
// V3.4.6, V4.1.1, V14.2.2, V14.3.2).
func (s *suite) headersEverywhere(t *testing.T) {
	for _, op := range s.operations(t) {
		got := s.visitor().send(t, op.what(), nil)
		s.is(t, op.what()+" sniffs nothing", got.header.Get("X-Content-Type-Options"), "nosniff")
		referrer := "no-referrer"
		if strings.Contains(op.path, "/not-me/") { // a form of ours, whose answer has to know that it is
			referrer = "same-origin"
		}
		s.is(t, op.what()+" tells nobody else where one comes from", got.header.Get("Referrer-Policy"), referrer)
		policy := got.header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} {
			s.holds(t, op.what()+" has "+part+": "+policy, strings.Contains(policy, part))
		}
		if len(got.body) > 0 {
			s.holds(t, op.what()+" says what it is", got.header.Get("Content-Type") != "")
		}
		s.holds(t, op.what()+" is kept by nobody else: "+got.header.Get("Cache-Control"),
			got.header.Get("Cache-Control") == "no-store" || strings.HasSuffix(op.path, "jwks") || strings.HasPrefix(op.path, "/api/v1/audit/"))
	}
}

// wrongTypes sends every field of every body as what it is not, with a client that checks
// nothing itself: each is refused, and nothing breaks (ASVS V1.5.2, V2.2.1, V2.2.2, V15.3.5).
func (s *suite) wrongTypes(t *testing.T) {
	boss := s.administrator(t)
	deep := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	for _, op := range s.operations(t) {
		who := s.visitor()
		if strings.HasPrefix(op.path, "/api/v1/") {
			who = boss
		}
		for _, body := range []string{"[]", "null", `"x"`, "1", deep, "{", "\x00", `{"__proto__":{"x":1},"constructor":1}`} {
			if op.method == http.MethodGet {
				break
			}
			got := who.send(t, op.what(), body)
			s.holds(t, op.what()+" survives "+body[:min(len(body), 20)]+": "+got.String(), got.status < 500)
		}
		for name, kind := range op.fields {
			for _, value := range []any{nil, 1, 1e300, "\x00", "true", true, []any{}, map[string]any{}} {
				got := who.send(t, op.what(), map[string]any{name: value})
				s.holds(t, op.what()+" survives a wrong "+name+": "+got.String(), got.status < 500)
				if _, right := value.(bool); kind == "boolean" && !right {
					s.holds(t, op.what()+" takes no "+name+" that is no boolean: "+got.String(), got.status >= 400)
				}
			}
		}
	}
}

// methodsEverywhere: GET and HEAD change nothing, because no route that changes something
// has them; and TRACE is nowhere (ASVS V3.5.3, V13.4.4).
func (s *suite) methodsEverywhere(t *testing.T) {
	all := s.operations(t)
	gets := map[string]bool{}
	for _, op := range all {
		gets[op.path] = gets[op.path] || op.method == http.MethodGet
	}
	for _, op := range all {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodTrace} {
			if gets[op.path] && method != http.MethodTrace {
				continue
			}
			got := s.visitor().send(t, method+" "+op.path, nil)
			s.holds(t, method+" "+op.path+" is not there: "+got.String(), got.status == 404 || got.status == 405)
		}
	}
}

// mediaTypes: what a form of another site can send without asking first does not come in
// (ASVS V3.5.1, V3.5.2).
func (s *suite) mediaTypes(t *testing.T) {
	p := s.signUp(t)
	for _, op := range s.operations(t) {
		if op.method != http.MethodPost || len(op.fields) == 0 {
			continue
		}
		for _, media := range []string{"text/plain", "multipart/form-data; boundary=x", "application/xml", "text/plain; application/json"} {
			got := p.send(t, op.what(), "{}", "Content-Type", media)
			s.holds(t, op.what()+" takes no "+media+": "+got.String(), got.status == 415 || got.status == 403)
		}
		got := p.send(t, op.what(), "{}", "Origin", "https://evil.example")
		s.is(t, op.what()+" from another site: "+got.String(), got.status, 403)
	}
	s.status(t, "the session lives on", p.send(t, "GET /api/v1/me", nil), 200)
}

// nothingElse looks for what servers show by accident (ASVS V13.4.1, V13.4.2, V13.4.3,
// V13.4.5; Logto CVE-2026-63188).
func (s *suite) nothingElse(t *testing.T) {
	for _, path := range []string{
		"/.git/config", "/.git/HEAD", "/.svn/entries", "/.hg/requires", "/.env", "/.gatehouse/secret", "/etc/passwd", "/static/../../etc/passwd", "/static/", "/assets/",
		"/docs/", "/debug/pprof/", "/debug/vars", "/debug/requests", "/metrics", "/livez", "/readyz", "/healthz", "/health", "/varz", "/connz", "/server-status", "/admin", "/api/",
		"/api/v1/", "/api/auth/", "/index.html", "/robots.txt/../.env", "/..%2f..%2fetc/passwd",
	} {
		got := s.visitor().send(t, "GET "+path, nil)
		s.is(t, "GET "+path+": "+got.String(), got.status, 404)
	}
}

// noSecretInURLs: a token in the URL is none (ASVS V14.2.1).
func (s *suite) noSecretInURLs(t *testing.T) {
	p := s.signUp(t)
	access := s.exchange(t, p.token).access
	for _, name := range []string{"token", "access_token", "session_token", "better-auth.session_token", "authorization", "bearer"} {
		for _, secret := range []string{p.token, access} {
			query := "?" + url.Values{name: {secret}}.Encode()
			s.status(t, "who am I, with "+name+" in the URL", s.visitor().send(t, "GET /api/v1/me"+query, nil), 401)
			s.is(t, "the session, with "+name+" in the URL", string(s.visitor().send(t, "GET /api/auth/get-session"+query, nil).body), "null")
		}
	}
}

// nobodyByDefault: a fresh system has no account that anybody could know (ASVS V6.3.2).
func (s *suite) nobodyByDefault(t *testing.T) {
	for _, name := range []string{"admin", "root", "administrator", "test", "guest", "gatehouse"} {
		for _, domain := range []string{"@localhost", "@example.com", "@gatehouse.local"} {
			got := s.visitor().send(t, "POST /api/auth/sign-in/email", map[string]any{"email": name + domain, "password": name})
			s.holds(t, name+domain+" is nobody: "+got.String(), got.status == 401 || got.status == 400)
		}
	}
}

// exactPasswords: a password is what was chosen, all of it and nothing like it; length and
// characters are free (ASVS V6.2.5, V6.2.8, V6.2.9; V7.2.2).
func (s *suite) exactPasswords(t *testing.T) {
	long := strings.Repeat("Long enough? ", 9) // 117 characters, beyond the 72 bytes of bcrypt
	p := &person{visitor: s.visitor(), email: "exact@example.com", password: long}
	s.hide(long)
	signedUp := p.send(t, "POST /api/auth/sign-up/email", map[string]any{"name": "x", "email": p.email, "password": long})
	s.status(t, "sign up with a long password", signedUp, 200)
	for what, twin := range map[string]string{
		"its first 72 bytes": long[:72], "another case": strings.ToLower(long), "a space less": strings.TrimSpace(long), "a space more": long + " ",
	} {
		got := s.visitor().send(t, "POST /api/auth/sign-in/email", map[string]any{"email": p.email, "password": twin})
		s.status(t, "sign in with "+what, got, 401)
	}
	s.status(t, "sign in with the password", s.signIn(t, p).send(t, "GET /api/v1/me", nil), 200)
	for i, free := range []string{"                  ", "8675309118675309", "🙈🙉🙊🐵🐒🦍🦧🐶"} {
		email := "free-" + string(rune('a'+i)) + "@example.com"
		got := s.visitor().send(t, "POST /api/auth/sign-up/email", map[string]any{"name": "x", "email": email, "password": free})
		s.status(t, "sign up with "+free, got, 200)
	}
}

// oddTexts: whatever a name holds comes back as it was, and the answer stays JSON; what
// could deceive a reader does not come in (ASVS V1.1.1, V1.2.3, V1.3.3).
func (s *suite) oddTexts(t *testing.T) {
	for i, name := range []string{`"quotes" \ and </script><b>`, "line\u2028separators\u2029", "O'Brien; drop table users;--", "%252e%252e%2f", "Zoë 🙈 世界", "{{.Name}} ${7*7}"} {
		email := "odd-" + string(rune('a'+i)) + "@example.com"
		got := s.visitor().send(t, "POST /api/auth/sign-up/email", map[string]any{"name": name, "email": email, "password": goodPassword})
		s.status(t, "sign up as "+name, got, 200)
		s.hide(got.at("token"))
		s.is(t, "the name that comes back", got.at("user.name"), name)
	}
	for _, name := range []string{"nul\x00", "bell\a", "line\nbreak", "escape\x1b[2J", strings.Repeat("x", 10<<10)} {
		got := s.visitor().send(t, "POST /api/auth/sign-up/email", map[string]any{"name": name, "email": "refused@example.com", "password": goodPassword})
		s.is(t, "sign up with a bad name: "+got.String(), got.status, 400)
	}
	for _, email := range []string{"%61da@example.com", "a%2540b@example.com", "ada@example.com%00", "ada@example.com\n"} {
		got := s.visitor().send(t, "POST /api/auth/sign-in/email", map[string]any{"email": email, "password": goodPassword})
		s.holds(t, "an address is read once: "+email+": "+got.String(), got.status == 400 || got.status == 401)
	}
}

// injections puts SQL where text, sorting and pages are taken: it is text (ASVS V1.2.4).
func (s *suite) injections(t *testing.T) {
	boss := s.administrator(t)
	for i, evil := range []string{"' or '1'='1", "'; select pg_sleep(5);--", `") or 1=1--`, "1; drop table session", "\\'; --", "%' or 1=1 --"} {
		q := url.QueryEscape(evil)
		for _, what := range []string{
			"GET /api/v1/users?email=" + q, "GET /api/v1/users?cursor=" + q, "GET /api/v1/users?limit=" + q, "GET /api/v1/audit/events?action=" + q,
			"GET /api/v1/audit/events?cursor=" + q, "GET /api/v1/audit/events?subject=" + q, "GET /api/v1/users/" + url.PathEscape(evil),
		} {
			got := boss.send(t, what, nil)
			s.holds(t, what+" is text: "+got.String(), got.status == 400 || got.status == 404 || got.status == 200 && !strings.Contains(string(got.body), "@"))
		}
		got := s.visitor().send(t, "POST /api/auth/sign-in/email", map[string]any{"email": fmt.Sprintf("a-%d@example.com", i), "password": evil})
		s.status(t, "sign in with "+evil, got, 401)
		got = s.visitor().send(t, "POST /api/auth/reset-password", map[string]any{"token": evil, "newPassword": goodPassword})
		s.status(t, "reset with "+evil, got, 400)
	}
}

// numbers sends numbers that programs take amiss (ASVS V1.4.2).
func (s *suite) numbers(t *testing.T) {
	boss := s.administrator(t)
	for _, n := range []string{"-1", "0", "2147483648", "9223372036854775808", "1e309", "0x10", "1.5", "NaN", "-0", "１"} {
		for _, path := range []string{"/api/v1/users?limit=", "/api/v1/audit/events?limit=", "/api/v1/audit/consistency?from="} {
			s.status(t, "GET "+path+n, boss.send(t, "GET "+path+url.QueryEscape(n), nil), 400)
		}
	}
}
