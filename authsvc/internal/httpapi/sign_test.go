package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// Covers ASVS V8.2.3, V15.3.3.
func TestSignUp(t *testing.T) {
	t.Parallel()

	t.Run("answers with token, user, cookie and header", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		got := patiently(func() answer {
			return a.do(t, request{path: "/sign-up/email", body: object("email", "Ada@Example.com", "password", authtest.Password, "name", "Ada", "image", "/a.png")})
		})
		got.wants(t, http.StatusOK, "")
		var in struct {
			Token string
			User  map[string]any
		}
		got.decode(t, &in)
		id, _ := in.User["id"].(string)
		now := a.Clock.Now().UTC().Format("2006-01-02T15:04:05.000Z")
		want := map[string]any{
			"id": id, "name": "Ada", "email": ada, "emailVerified": false, "image": "/a.png", "createdAt": now, "updatedAt": now,
			"twoFactorEnabled": false, "role": "user", "banned": false, "banReason": nil, "banExpires": nil, "username": nil, "displayUsername": nil,
			"isAnonymous": false, "phoneNumber": nil, "phoneNumberVerified": nil,
		}
		if diff := cmp.Diff(want, in.User); diff != "" || id == "" {
			t.Errorf("user (-want +got):\n%s", diff)
		}
		c := got.cookie(sessionID)
		if c == nil || !strings.HasPrefix(c.Value, in.Token+".") || c.MaxAge != 604800 || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("the session's cookie is %v", c)
		}
		if header := got.header.Get("Set-Auth-Token"); !strings.HasPrefix(header, in.Token+".") {
			t.Errorf("set-auth-token is there: %t", header != "")
		}
		if exposed := got.header.Get("Access-Control-Expose-Headers"); exposed != "set-auth-token" {
			t.Errorf("exposed headers are %q", exposed)
		}
	})

	t.Run("refuses what it must", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		a.browser().signUp(t, ada)
		for name, tc := range map[string]struct {
			body   string
			status int
			code   string
		}{
			"a taken address":       {object("email", "ADA@example.com", "password", newWords, "name", "A"), http.StatusUnprocessableEntity, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"},
			"a short password":      {object("email", eve, "password", "seven77", "name", "A"), http.StatusBadRequest, "PASSWORD_TOO_SHORT"},
			"a long password":       {object("email", eve, "password", strings.Repeat("a", 129), "name", "A"), http.StatusBadRequest, "PASSWORD_TOO_LONG"},
			"a common password":     {object("email", eve, "password", "password123", "name", "A"), http.StatusBadRequest, "PASSWORD_COMPROMISED"},
			"no name":               {object("email", eve, "password", newWords), http.StatusBadRequest, "VALIDATION_ERROR"},
			"an empty password":     {object("email", eve, "password", "", "name", "A"), http.StatusBadRequest, "VALIDATION_ERROR"},
			"no address":            {object("email", "eve", "password", newWords, "name", "A"), http.StatusBadRequest, "VALIDATION_ERROR"},
			"two addresses":         {object("email", "eve@example.com, a@b.example", "password", newWords, "name", "A"), http.StatusBadRequest, "VALIDATION_ERROR"},
			"a role (row 43)":       {object("email", eve, "password", newWords, "name", "A", "role", "admin"), http.StatusBadRequest, "FIELD_NOT_ALLOWED"},
			"a name with a control": {object("email", eve, "password", newWords, "name", "A\u0007"), http.StatusBadRequest, "VALIDATION_ERROR"},
			"a name without end":    {object("email", eve, "password", newWords, "name", strings.Repeat("A", 513)), http.StatusBadRequest, "VALIDATION_ERROR"},
			"a foreign callback":    {object("email", eve, "password", newWords, "name", "A", "callbackURL", evil), http.StatusForbidden, "INVALID_CALLBACK_URL"},
		} {
			got := patiently(func() answer { return a.do(t, request{path: "/sign-up/email", body: tc.body}) })
			if got.status != tc.status || got.code(t) != tc.code || len(got.cookies) != 0 {
				t.Errorf("%s: status %d, code %q, %d cookies; want %d, %q, none", name, got.status, got.code(t), len(got.cookies), tc.status, tc.code)
			}
		}
		if n := len(a.Identity.Active(eve)); n != 0 {
			t.Errorf("%d users came of refused sign-ups", n)
		}
	})

	t.Run("cannot set what only the server sets (Zitadel CVE-2026-27946, row 43)", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		got := patiently(func() answer {
			return a.do(t, request{path: "/sign-up/email", body: object("email", ada, "password", authtest.Password, "name", "A",
				"emailVerified", true, "id", "1", "banned", true, "roles", []string{"admin"}, "createdAt", "2000-01-01")})
		})
		got.wants(t, http.StatusOK, "")
		var in struct {
			User struct {
				ID, Role      string
				EmailVerified bool
				Banned        bool
			}
		}
		got.decode(t, &in)
		if in.User.EmailVerified || in.User.Banned || in.User.Role != "user" || in.User.ID == "1" {
			t.Errorf("the user is %+v", in.User)
		}
	})

	t.Run("hides a taken address where addresses must be confirmed", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{RequireVerification: true})
		var shapes [2][]string
		for i := range shapes {
			got := patiently(func() answer {
				return a.do(t, request{path: "/sign-up/email", body: object("email", ada, "password", authtest.Password, "name", "Ada")})
			})
			got.wants(t, http.StatusOK, "")
			shapes[i] = append(shape(t, got), got.header.Values("Set-Cookie")...)
		}
		if diff := cmp.Diff(shapes[0], shapes[1]); diff != "" {
			t.Errorf("the answers differ (-free +taken):\n%s", diff)
		}
	})
}

// shape returns the members of a user's answer with those values that do not vary.
func shape(t *testing.T, a answer) []string {
	t.Helper()
	var in struct {
		Token any
		User  map[string]any
	}
	a.decode(t, &in)
	delete(in.User, "id")
	return []string{object("token", in.Token, "user", in.User)}
}

// Covers Keycloak CVE-2024-7341; Zitadel CVE-2023-44399; ASVS V7.2.4.
func TestSignIn(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	id := a.browser().signUp(t, ada).User.ID
	banned := a.browser().signUp(t, "banned@example.com").User.ID
	a.Identity.Change(banned, func(u *identityapi.User) { u.Banned = true })

	t.Run("answers unknown users and wrong passwords alike (row 36)", func(t *testing.T) {
		t.Parallel()
		wrong := a.browser().signIn(t, ada, newWords)
		unknown := a.browser().signIn(t, "nobody@example.com", newWords)
		wrong.wants(t, http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD")
		for _, got := range []*answer{&wrong, &unknown} {
			got.header.Del("Date")
		}
		if diff := cmp.Diff([]any{wrong.status, wrong.body, wrong.header}, []any{unknown.status, unknown.body, unknown.header}); diff != "" {
			t.Errorf("(-wrong password +unknown user):\n%s", diff)
		}
	})

	t.Run("refuses a banned user", func(t *testing.T) {
		t.Parallel()
		a.browser().signIn(t, "banned@example.com", authtest.Password).wants(t, http.StatusForbidden, "BANNED_USER")
	})

	t.Run("takes a form", func(t *testing.T) {
		t.Parallel()
		got := patiently(func() answer {
			return a.do(t, request{
				path: "/sign-in/email", body: "email=ada%40example.com&password=correct+horse+battery+staple",
				header: map[string]string{"Content-Type": typeForm, "Origin": frontEnd},
			})
		})
		got.wants(t, http.StatusOK, "")
	})

	t.Run("leads to the callback", func(t *testing.T) {
		t.Parallel()
		got := a.browser().signIn(t, ada, authtest.Password, "callbackURL", "/inside")
		got.wants(t, http.StatusOK, "")
		var in struct {
			Redirect bool
			URL      string
		}
		got.decode(t, &in)
		if !in.Redirect || in.URL != "/inside" || got.header.Get("Location") != "/inside" {
			t.Errorf("redirect %t to %q, Location %q", in.Redirect, in.URL, got.header.Get("Location"))
		}
	})

	t.Run("forgets with the browser when asked to", func(t *testing.T) {
		t.Parallel()
		b := a.browser()
		got := b.signIn(t, ada, authtest.Password, "rememberMe", false)
		got.wants(t, http.StatusOK, "")
		if c := got.cookie(sessionID); c == nil || c.MaxAge != 0 || !c.Expires.IsZero() {
			t.Errorf("the session's cookie is %v, want one without an end", c)
		}
		if got.cookie("__Secure-better-auth.dont_remember") == nil {
			t.Error("the browser is not told to forget")
		}
		if b.session(t) == "" {
			t.Error("there is no session")
		}
	})

	t.Run("replaces the session that the same browser had", func(t *testing.T) {
		t.Parallel()
		b := a.browser()
		b.signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
		former, copied := b.session(t), b.cookies[sessionID]
		b.signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
		if now := b.session(t); now == former || now == "" {
			t.Errorf("session %q after %q", now, former)
		}
		thief := &browser{app: a, origin: frontEnd, cookies: map[string]string{sessionID: copied}}
		if thief.session(t) != "" {
			t.Error("a copy of the former cookie still works")
		}
	})

	t.Run("keeps two users of one browser apart (Keycloak CVE-2025-12390, row 10)", func(t *testing.T) {
		t.Parallel()
		b := a.browser()
		b.signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
		first := b.session(t)
		other := b.signUp(t, "other@example.com")
		got := b.do(t, request{path: "/get-session"})
		var current struct{ Session struct{ ID, UserID string } }
		got.decode(t, &current)
		if current.Session.UserID != other.User.ID || current.Session.UserID == id || current.Session.ID == first {
			t.Errorf("the current session is %+v, want a new one of %s", current.Session, other.User.ID)
		}
	})
}

// Covers ASVS V7.4.1.
func TestSignOut(t *testing.T) {
	t.Parallel()

	t.Run("ends the session and takes its cookies back", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		b.signUp(t, ada)
		copied := b.cookies[sessionID]
		got := b.do(t, request{path: "/sign-out", body: "{}"})
		got.wants(t, http.StatusOK, "")
		if _, held := b.cookies[sessionID]; held || got.body != `{"success":true}`+"\n" && got.body != `{"success":true}` {
			t.Errorf("the cookie is held: %t; body %q", held, got.body)
		}
		thief := &browser{app: a, origin: frontEnd, cookies: map[string]string{sessionID: copied}}
		if thief.session(t) != "" || a.Count(t, "session") != 0 {
			t.Error("the session goes on")
		}
	})

	t.Run("ends every session of the browser", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		b.signUp(t, ada)
		b.signUp(t, eve)
		b.do(t, request{method: http.MethodPost, path: "/sign-out"}).wants(t, http.StatusOK, "")
		if n := a.Count(t, "session"); n != 0 {
			t.Errorf("%d sessions go on", n)
		}
	})

	t.Run("works without a session", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		a.browser().do(t, request{method: http.MethodPost, path: "/sign-out"}).wants(t, http.StatusOK, "")
	})
}

// TestBearer covers better-auth-wire.md, section 10: the token of a sign-in proves a session,
// as it is or signed, and nothing else does.
//
// Covers ASVS V7.2.1.
func TestBearer(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	token := b.signUp(t, ada).Token
	got := b.signIn(t, ada, authtest.Password)
	newest := got.header.Get("Set-Auth-Token")
	var in signed
	got.decode(t, &in)
	listed := a.do(t, request{path: "/get-session", header: map[string]string{"Authorization": "Bearer " + in.Token}})
	var current struct{ Session struct{ Token string } }
	listed.decode(t, &current)
	for name, tc := range map[string]struct {
		authorization string
		works         bool
	}{
		"the token":                     {"Bearer " + in.Token, true},
		"the token, lower-case scheme":  {"bearer " + in.Token, true},
		"the signed token":              {"Bearer " + newest, true},
		"a replaced token":              {"Bearer " + token, false},
		"a changed signature":           {"Bearer " + newest[:len(newest)-3] + otherThan(newest[len(newest)-3]) + newest[len(newest)-2:], false},
		"the handle":                    {"Bearer " + current.Session.Token, false},
		"nothing":                       {"Bearer ", false},
		"another scheme":                {"Basic " + in.Token, false},
		"the token cut short (row 69)":  {"Bearer " + in.Token[:len(in.Token)-1], false},
		"the token extended":            {"Bearer " + in.Token + "A", false},
		"the token with another's case": {"Bearer " + strings.ToUpper(in.Token), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := a.do(t, request{path: "/get-session", header: map[string]string{"Authorization": tc.authorization}})
			got.wants(t, http.StatusOK, "")
			if works := strings.Contains(got.body, ada); works != tc.works {
				t.Errorf("it proves a session: %t, want %t", works, tc.works)
			}
		})
	}
}

// TestCookie_EveryByteCounts covers Zitadel CVE-2026-27840 (row 69).
//
// Covers ASVS V7.2.1.
func TestCookie_EveryByteCounts(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	b.signUp(t, ada)
	value := b.cookies[sessionID]
	for i := range value {
		changed := []byte(value)
		changed[i] ^= 1
		if string(changed) == value || changed[i] == ';' {
			continue
		}
		thief := &browser{app: a, origin: frontEnd, cookies: map[string]string{sessionID: string(changed)}}
		if thief.session(t) != "" {
			t.Errorf("a cookie with byte %d changed works", i)
		}
	}
	if b.session(t) == "" {
		t.Error("the cookie itself does not work")
	}
}

// TestSession_EndsForWhoMayNotBeSignedIn covers row 21: the next request sees it.
//
// Covers Better Auth GHSA-2vg6-77g8-24mp; Zitadel CVE-2024-47000; ASVS V7.4.2.
func TestSession_EndsForWhoMayNotBeSignedIn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*app, string){
		"banned":  func(a *app, id string) { a.Identity.Change(id, func(u *identityapi.User) { u.Banned = true }) },
		"deleted": func(a *app, id string) { a.Identity.Delete(id) },
		"expired": func(a *app, _ string) { a.Clock.Advance(7 * 24 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, authtest.Options{})
			b := a.browser()
			id := b.signUp(t, ada).User.ID
			change(a, id)
			b.do(t, request{path: "/token"}).wants(t, http.StatusUnauthorized, "UNAUTHORIZED")
			if _, held := b.cookies[sessionID]; held {
				t.Error("the browser keeps a cookie that proves nothing")
			}
		})
	}
}

// otherThan returns a character of base64 that is not c.
func otherThan(c byte) string {
	if c == 'B' {
		return "C"
	}
	return "B"
}
