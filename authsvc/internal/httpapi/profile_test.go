package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
)

// user returns the members of the user whose session the browser holds.
func (b *browser) user(t *testing.T) map[string]any {
	t.Helper()
	var current struct{ User map[string]any }
	b.do(t, request{path: "/get-session"}).decode(t, &current)
	return current.User
}

// mailed returns the path and query, below /api/auth, of the link in the newest mail.
func (a *app) mailed(t *testing.T, to string) string {
	t.Helper()
	mails := a.Mails(t, to)
	if len(mails) == 0 {
		t.Fatalf("%s got no mail", to)
	}
	link, err := url.Parse(mails[len(mails)-1].Links[0])
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(link.RequestURI(), "/api/auth")
}

// TestUpdateUser_MassAssignment covers ASVS V15.3.3 and row 43 (Zitadel CVE-2026-27946,
// CVE-2026-54693): users change what is theirs to say, and nothing that others decide.
func TestUpdateUser_MassAssignment(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	b.signUp(t, ada)
	before := b.user(t)
	for _, tc := range []struct {
		name  string
		value any
		code  string
	}{
		{"email", eve, "EMAIL_CAN_NOT_BE_UPDATED"}, {"role", "admin", "FIELD_NOT_ALLOWED"}, {"role", []string{"admin"}, "FIELD_NOT_ALLOWED"},
		{"banned", true, "FIELD_NOT_ALLOWED"}, {"banReason", "x", "FIELD_NOT_ALLOWED"}, {"banExpires", 1, "FIELD_NOT_ALLOWED"},
		{"twoFactorEnabled", true, "FIELD_NOT_ALLOWED"}, {"isAnonymous", true, "FIELD_NOT_ALLOWED"}, {"phoneNumberVerified", true, "FIELD_NOT_ALLOWED"},
		{"phoneNumber", "+491", "PHONE_NUMBER_CANNOT_BE_UPDATED"}, {"emailVerified", true, ""}, {"id", "x", ""}, {"createdAt", "2020", ""},
		{"email_verified", true, ""}, {"roles", []string{"admin"}, ""}, {"Role", "admin", ""},
		{"name", nil, "VALIDATION_ERROR"}, {"name", 5, "VALIDATION_ERROR"}, {"image", 7, "VALIDATION_ERROR"}, {"username", true, "VALIDATION_ERROR"},
		{"name", "a\x00b", "VALIDATION_ERROR"}, {"displayUsername", "a\u0007b", "VALIDATION_ERROR"},
	} {
		got := b.post(t, "/update-user", tc.name, tc.value)
		got.wants(t, http.StatusBadRequest, tc.code)
		if tc.code == "" && got.body != `{"message":"No fields to update"}`+"\n" && got.body != `{"message":"No fields to update"}` {
			t.Errorf("%s: %s", tc.name, got.body)
		}
	}
	b.post(t, "/update-user", "name", "Countess", "role", "admin").wants(t, http.StatusBadRequest, "FIELD_NOT_ALLOWED")
	b.post(t, "/update-user", "name", "Countess", "emailVerified", true, "role", "").wants(t, http.StatusOK, "")
	after := b.user(t)
	for name, value := range before {
		if name != "name" && name != "updatedAt" && after[name] != value {
			t.Errorf("%s was %v and is %v", name, value, after[name])
		}
	}
	if after["name"] != "Countess" {
		t.Errorf("the name is %v", after["name"])
	}
	b.do(t, request{path: "/update-user", body: `["role"]`}).wants(t, http.StatusBadRequest, "VALIDATION_ERROR")
	a.browser().post(t, "/update-user", "name", "x").wants(t, http.StatusUnauthorized, "UNAUTHORIZED")
}

func TestUpdateUser(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b, other := a.browser(), a.browser()
	b.signUp(t, ada)
	other.signUp(t, eve)
	got := b.post(t, "/update-user", "username", "Ada.L", "displayUsername", "The Countess", "image", "https://example.com/a.png")
	got.wants(t, http.StatusOK, "")
	if got.cookie(sessionID) == nil {
		t.Error("the cookie was not set anew")
	}
	user := b.user(t)
	if user["username"] != "ada.l" || user["displayUsername"] != "The Countess" || user["image"] != "https://example.com/a.png" {
		t.Errorf("the user is %v", user)
	}
	b.post(t, "/update-user", "username", nil, "displayUsername", nil, "image", nil).wants(t, http.StatusOK, "")
	if user := b.user(t); user["username"] != nil || user["displayUsername"] != nil || user["image"] != nil {
		t.Errorf("the user is %v", user)
	}
	b.post(t, "/update-user", "username", "Ada.L").wants(t, http.StatusOK, "")
	for name, code := range map[string]string{"ADA.L": "USERNAME_IS_ALREADY_TAKEN", "ad": "USERNAME_TOO_SHORT", "": "USERNAME_TOO_SHORT", "a-b-c": "INVALID_USERNAME"} {
		other.post(t, "/update-user", "username", name).wants(t, http.StatusBadRequest, code)
	}
}

func TestUpdateSession(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	b.signUp(t, ada)
	b.post(t, "/update-session", "impersonatedBy", "x").wants(t, http.StatusBadRequest, "FIELD_NOT_ALLOWED")
	for _, name := range []string{"userId", "expiresAt", "token", "id", "anything"} {
		got := b.post(t, "/update-session", name, "x")
		got.wants(t, http.StatusBadRequest, "")
		if strings.TrimSpace(got.body) != `{"message":"No fields to update"}` {
			t.Errorf("%s: %s", name, got.body)
		}
	}
}

func TestUsername(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	body := func(email string, more ...any) string {
		return object(append([]any{"email", email, "password", authtest.Password, "name", "Ada"}, more...)...)
	}
	signUp := func(body string) answer {
		return patiently(func() answer { return b.do(t, request{path: "/sign-up/email", body: body}) })
	}
	var in struct{ User map[string]any }
	got := signUp(body(ada, "displayUsername", "Ada.L"))
	got.wants(t, http.StatusOK, "")
	if got.decode(t, &in); in.User["username"] != "ada.l" || in.User["displayUsername"] != "Ada.L" {
		t.Errorf("signed up is %v", in.User)
	}
	signUp(body(eve, "username", "ADA.l")).wants(t, http.StatusBadRequest, "USERNAME_IS_ALREADY_TAKEN")
	signUp(body(eve, "username", "a-b-c")).wants(t, http.StatusBadRequest, "INVALID_USERNAME")
	signUp(`{"username":"ab"}`).wants(t, http.StatusBadRequest, "USERNAME_TOO_SHORT")
	signUp(body(eve, "username", 5)).wants(t, http.StatusBadRequest, "VALIDATION_ERROR")

	for name, want := range map[string]struct {
		status int
		code   string
	}{
		"aDa.L": {http.StatusOK, ""}, "nobody": {http.StatusUnauthorized, "INVALID_USERNAME_OR_PASSWORD"}, "": {http.StatusUnauthorized, "INVALID_USERNAME_OR_PASSWORD"},
		"ab": {http.StatusUnprocessableEntity, "USERNAME_TOO_SHORT"}, ada: {http.StatusUnprocessableEntity, "INVALID_USERNAME"},
	} {
		a.browser().post(t, "/sign-in/username", "username", name, "password", authtest.Password).wants(t, want.status, want.code)
	}
	a.browser().post(t, "/sign-in/username", "username", "ada.l", "password", newWords).wants(t, http.StatusUnauthorized, "INVALID_USERNAME_OR_PASSWORD")

	for name, want := range map[string]string{"Ada.l": `{"available":false}`, "nobody": `{"available":true}`} {
		got := a.browser().post(t, "/is-username-available", "username", name)
		if strings.TrimSpace(got.body) != want {
			t.Errorf("%s: %s", name, got.body)
		}
	}
	a.browser().post(t, "/is-username-available", "username", "").wants(t, http.StatusUnprocessableEntity, "INVALID_USERNAME")
}

func TestChangeEmail(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{ApproveChanges: true})
	b := a.browser()
	b.signUp(t, ada)
	b.do(t, request{path: a.mailed(t, ada)}).wants(t, http.StatusFound, "")
	known, unknown := b.post(t, "/change-email", "newEmail", eve, "callbackURL", "/done"), b.post(t, "/change-email", "newEmail", "new@example.com")
	if known.status != http.StatusOK || known.body != unknown.body {
		t.Errorf("answers %s and %s", known.body, unknown.body)
	}
	got := b.post(t, "/change-email", "newEmail", ada)
	got.wants(t, http.StatusBadRequest, "")
	if strings.TrimSpace(got.body) != `{"message":"Email is the same"}` {
		t.Errorf("the same address: %s", got.body)
	}
	approval := a.mailed(t, ada) // of the second wish
	stranger := a.browser()
	stranger.signUp(t, "stranger@example.com")
	refused := stranger.do(t, request{path: approval})
	if refused.status != http.StatusFound || !strings.Contains(refused.header.Get("Location"), "error=INVALID_USER") {
		t.Errorf("with somebody else's session: status %d to %s", refused.status, refused.header.Get("Location"))
	}
	b.do(t, request{path: strings.TrimSuffix(approval, "&callbackURL=%2F")}).wants(t, http.StatusOK, "")
	done := b.do(t, request{path: strings.TrimSuffix(a.mailed(t, "new@example.com"), "&callbackURL=%2F")})
	var answer struct {
		Status bool
		User   map[string]any
	}
	if done.decode(t, &answer); !answer.Status || answer.User["email"] != "new@example.com" || answer.User["emailVerified"] != true {
		t.Errorf("changed: %s", done.body)
	}
	if b.user(t)["email"] != "new@example.com" {
		t.Error("the session shows the old address")
	}
}

func TestDeleteUser(t *testing.T) {
	t.Parallel()

	t.Run("takes the session and expires its cookie", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		b.signUp(t, ada)
		b.post(t, "/delete-user", "password", newWords).wants(t, http.StatusBadRequest, "INVALID_PASSWORD")
		b.post(t, "/delete-user", "token", "guess").wants(t, http.StatusNotFound, "INVALID_TOKEN")
		got := b.post(t, "/delete-user")
		if strings.TrimSpace(got.body) != `{"success":true,"message":"User deleted"}` || b.cookies[sessionID] != "" {
			t.Errorf("status %d, %s, cookie %q", got.status, got.body, b.cookies[sessionID])
		}
		a.browser().signIn(t, ada, authtest.Password).wants(t, http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD")
	})

	t.Run("refuses an old sign-in", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		b.signUp(t, ada)
		a.Clock.Advance(24 * time.Hour)
		b.post(t, "/delete-user").wants(t, http.StatusBadRequest, "SESSION_EXPIRED")
	})

	t.Run("follows the mailed link of who is signed in", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{ConfirmDeletions: true})
		b := a.browser()
		b.signUp(t, ada)
		got := b.post(t, "/delete-user", "callbackURL", "/bye")
		if strings.TrimSpace(got.body) != `{"success":true,"message":"Verification email sent"}` {
			t.Errorf("status %d, %s", got.status, got.body)
		}
		link := a.mailed(t, ada)
		a.browser().do(t, request{path: link}).wants(t, http.StatusNotFound, "FAILED_TO_GET_USER_INFO")
		b.do(t, request{path: strings.Replace(link, "%2Fbye", url.QueryEscape(evil), 1)}).wants(t, http.StatusForbidden, "INVALID_CALLBACK_URL")
		followed := b.do(t, request{path: link})
		if followed.status != http.StatusFound || followed.header.Get("Location") != "/bye" || b.cookies[sessionID] != "" {
			t.Errorf("status %d to %s; body %s", followed.status, followed.header.Get("Location"), followed.body)
		}
		if len(a.Identity.Active(ada)) != 0 {
			t.Error("the user exists")
		}
	})
}
