package httpapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

func (a answer) user(t *testing.T) map[string]any {
	t.Helper()
	var answered struct{ User map[string]any }
	a.wants(t, http.StatusOK, "")
	a.decode(t, &answered)
	return answered.User
}

func TestAdmin_CreateUser(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b, _ := a.administrator(t)
	a.Identity.Role("editor", "posts:edit")
	made := b.post(t, "/admin/create-user", "email", "Ada@Example.com", "name", "Ada", "password", authtest.Password, "role", []string{"editor", "user"},
		"data", map[string]any{"emailVerified": true, "username": "Ada_L", "image": "https://example.com/a.png", "phoneNumber": "+1555", "unknown": 1, "id": "mine"}).user(t)
	want := map[string]any{
		"email": ada, "name": "Ada", "role": "editor", "emailVerified": true, "username": "ada_l", "image": "https://example.com/a.png", "phoneNumber": "+1555", "banned": false,
	}
	for name, value := range want {
		if !cmp.Equal(made[name], value) {
			t.Errorf("%s is %v, want %v", name, made[name], value)
		}
	}
	a.browser().signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
	if a.Count(t, "session") != 2 {
		t.Error("who makes a user is signed in as them")
	}
	b.post(t, "/admin/create-user", "email", eve, "name", "Eve", "password", eve).wants(t, http.StatusBadRequest, "PASSWORD_COMPROMISED")
	banned := b.post(t, "/admin/create-user", "email", eve, "name", "Eve", "password", authtest.Password,
		"data", map[string]any{"banned": true, "banReason": "spam", "banExpires": a.Clock.Now().Add(time.Hour).Format(time.RFC3339)}).user(t)
	if banned["banned"] != true || banned["banReason"] != "spam" || banned["banExpires"] == nil {
		t.Errorf("made %v", banned)
	}
	a.browser().signIn(t, eve, authtest.Password).wants(t, http.StatusForbidden, "BANNED_USER")
	without := b.post(t, "/admin/create-user", "email", "c@example.com", "name", "", "password", "").user(t)
	if without["role"] != "user" || a.Count(t, "credential") != 3 {
		t.Errorf("made %v", without)
	}
	for name, c := range map[string]struct {
		members []any
		code    string
	}{
		"a taken address":              {[]any{"email", "ADA@example.com"}, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"},
		"what is no address":           {[]any{"email", "ada"}, "INVALID_EMAIL"},
		"a short password":             {[]any{"password", "short"}, "PASSWORD_TOO_SHORT"},
		"a role that there is not":     {[]any{"role", "nothing"}, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE"},
		"what is no role":              {[]any{"data", map[string]any{"role": 5}}, "INVALID_ROLE_TYPE"},
		"a taken username":             {[]any{"data", map[string]any{"username": "ADA_L"}}, "USERNAME_IS_ALREADY_TAKEN"},
		"what is no username":          {[]any{"data", map[string]any{"username": "a"}}, "USERNAME_TOO_SHORT"},
		"a taken phone number":         {[]any{"data", map[string]any{"phoneNumber": "+1555"}}, "PHONE_NUMBER_EXIST"},
		"a name with a line end":       {[]any{"name", "Ada\nLovelace"}, "VALIDATION_ERROR"},
		"a flag that is none":          {[]any{"data", map[string]any{"emailVerified": "yes"}}, "VALIDATION_ERROR"},
		"an end of a ban that is none": {[]any{"data", map[string]any{"banExpires": "soon"}}, "VALIDATION_ERROR"},
	} {
		members := append([]any{"email", "new@example.com", "name", "New"}, c.members...)
		got := b.post(t, "/admin/create-user", members...)
		got.wants(t, http.StatusBadRequest, c.code)
		if len(a.Identity.Active("new@example.com")) != 0 {
			t.Fatalf("%s makes a user", name)
		}
	}
}

// TestAdmin_CreateUserBreaksOff: a user who could not be made whole leaves the address free.
func TestAdmin_CreateUserBreaksOff(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"reserve_user", "activate_user"} {
		a := newApp(t, authtest.Options{})
		b, _ := a.administrator(t)
		a.Identity.CutOff(method, authtest.BeforeCall)
		unavailable(t, method, b.post(t, "/admin/create-user", "email", ada, "name", "Ada", "password", newWords))
		a.Identity.CutOff(method, authtest.Whole)
		b.post(t, "/admin/create-user", "email", ada, "name", "Ada", "password", authtest.Password).wants(t, http.StatusOK, "")
		a.browser().signIn(t, ada, newWords).wants(t, http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD")
		a.browser().signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
	}
}

func TestAdmin_UpdateUser(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b, _ := a.administrator(t)
	a.Identity.Role("editor", "posts:edit")
	in := a.browser().signUp(t, ada)
	a.browser().signUp(t, eve)
	update := func(data map[string]any) answer {
		return b.post(t, "/admin/update-user", "userId", in.User.ID, "data", data)
	}
	for _, c := range []struct {
		data map[string]any
		want map[string]any
	}{
		{map[string]any{"name": "Ada Lovelace", "image": "x"}, map[string]any{"name": "Ada Lovelace", "image": "x"}},
		{map[string]any{"image": nil, "username": "Ada", "displayUsername": "ADA"}, map[string]any{"name": "Ada Lovelace", "image": nil, "username": "ada", "displayUsername": "ADA"}},
		{map[string]any{"username": nil}, map[string]any{"username": nil}},
		{map[string]any{"emailVerified": true}, map[string]any{"emailVerified": true}},
		{map[string]any{"email": "Moved@Example.com"}, map[string]any{"email": "moved@example.com", "emailVerified": false}},
		{map[string]any{"email": ada, "emailVerified": true}, map[string]any{"email": ada, "emailVerified": true}},
		{map[string]any{"phoneNumber": "+1", "phoneNumberVerified": true}, map[string]any{"phoneNumber": "+1", "phoneNumberVerified": true}},
		{map[string]any{"role": "editor,user"}, map[string]any{"role": "editor"}},
		{map[string]any{"role": []string{}}, map[string]any{"role": "user"}},
		{map[string]any{"unknown": 1, "createdAt": "2020-01-01", "twoFactorEnabled": true}, map[string]any{"twoFactorEnabled": false}},
		{map[string]any{"banned": true, "banReason": "spam"}, map[string]any{"banned": true, "banReason": "spam", "banExpires": nil}},
		{map[string]any{"banExpires": "2099-01-02T03:04:05.678Z"}, map[string]any{"banned": true, "banReason": "spam", "banExpires": "2099-01-02T03:04:05.678Z"}},
		{map[string]any{"banReason": nil, "banExpires": nil}, map[string]any{"banned": true, "banReason": nil, "banExpires": nil}},
		{map[string]any{"banned": false}, map[string]any{"banned": false}},
	} {
		got := update(c.data)
		got.wants(t, http.StatusOK, "")
		var user map[string]any
		got.decode(t, &user)
		for name, value := range c.want {
			if !cmp.Equal(user[name], value) {
				t.Errorf("%v: %s is %v, want %v", c.data, name, user[name], value)
			}
		}
	}
	for name, c := range map[string]struct {
		data map[string]any
		code string
	}{
		"nothing":                  {map[string]any{}, "NO_DATA_TO_UPDATE"},
		"a password":               {map[string]any{"password": newWords}, "PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER"},
		"an id":                    {map[string]any{"id": "x"}, "USER_ID_CANNOT_BE_UPDATED"},
		"a taken address":          {map[string]any{"email": eve}, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"},
		"what is no address":       {map[string]any{"email": 5}, "INVALID_EMAIL"},
		"a role that there is not": {map[string]any{"role": "nothing"}, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE"},
		"what is no role":          {map[string]any{"role": []any{1}}, "INVALID_ROLE_TYPE"},
		"no name":                  {map[string]any{"name": nil}, "VALIDATION_ERROR"},
		"what is no username":      {map[string]any{"username": "x y z"}, "INVALID_USERNAME"},
	} {
		got := update(c.data)
		if got.status != http.StatusBadRequest || got.code(t) != c.code {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	for _, to := range []string{ada, "moved@example.com"} {
		if !slices.ContainsFunc(a.Mails(t, to), func(m mail.Message) bool { return strings.Contains(m.Text, "moved@example.com") }) {
			t.Errorf("%s is not told that the address changed", to)
		}
	}
}

func TestAdmin_GetAndListUsers(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b, _ := a.administrator(t)
	for i := range 4 {
		b.post(t, "/admin/create-user", "email", fmt.Sprintf("ada%d@example.com", i), "name", "Ada").wants(t, http.StatusOK, "")
	}
	list := func(query string) (emails []string, total, limit float64) {
		got := b.do(t, request{path: "/admin/list-users?" + query})
		got.wants(t, http.StatusOK, "")
		var answered struct {
			Users []map[string]any
			Total float64
			Limit float64
		}
		got.decode(t, &answered)
		for _, user := range answered.Users {
			emails = append(emails, strings.TrimSuffix(fmt.Sprint(user["email"]), "@example.com"))
		}
		return emails, answered.Total, answered.Limit
	}
	everybody := []string{"ada0", "ada1", "ada2", "ada3", "boss"}
	for query, want := range map[string]struct {
		emails       []string
		total, limit float64
	}{
		"":                                   {everybody, 5, 0},
		"limit=2&offset=1":                   {everybody[1:3], 5, 2},
		"limit=0&offset=0":                   {everybody, 5, 0},
		"limit=many":                         {everybody, 5, 0},
		"limit=2.0e0":                        {everybody[:2], 5, 2},
		"limit=-1":                           {nil, 0, 0},
		"limit=1.5":                          {nil, 0, 0},
		"limit=1e300":                        {nil, 0, 0},
		"offset=1e16":                        {nil, 0, 0},
		"offset=10":                          {nil, 5, 0},
		"searchValue=ada":                    {everybody[:4], 4, 0},
		"searchValue=Ada&searchField=name":   {everybody, 5, 0}, // the stand-in takes any case
		"filterValue=ada1@example.com":       {everybody[1:2], 1, 0},
		"filterField=password&filterValue=x": {nil, 0, 0},
		"filterField=&filterValue=x":         {nil, 0, 0},
		"sortBy=password":                    {nil, 0, 0},
		"filterOperator=in&filterValue=ada1@example.com": {nil, 0, 0},
		"filterValue=a&filterValue=b":                    {nil, 0, 0},
		"searchValue=" + url.QueryEscape("' or true --"): {nil, 0, 0},
	} {
		emails, total, limit := list(query)
		if !slices.Equal(emails, want.emails) || total != want.total || limit != want.limit {
			t.Errorf("%s: %v of %v, limit %v; want %+v", query, emails, total, limit, want)
		}
	}
	b.do(t, request{path: "/admin/list-users?limit=501"}).wants(t, http.StatusBadRequest, "VALIDATION_ERROR")
	for _, id := range []string{"nobody", "", "%00", "'%20or%20true%20--", strings.Repeat("x", 1000)} {
		b.do(t, request{path: "/admin/get-user?id=" + id}).wants(t, http.StatusNotFound, "USER_NOT_FOUND")
	}
}

// TestAdmin_ListsMoreThanIdentityDoes: a list beyond what identity returns at once is whole.
func TestAdmin_ListsMoreThanIdentityDoes(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b, _ := a.administrator(t)
	for i := range identityapi.MaxListUsers + 20 {
		b.post(t, "/admin/create-user", "email", fmt.Sprintf("a%03d@example.com", i), "name", "Ada").wants(t, http.StatusOK, "")
	}
	for query, want := range map[string]int{"": 100, "limit=110": 110, "limit=500": identityapi.MaxListUsers + 21, "limit=110&offset=100": 21} {
		got := b.do(t, request{path: "/admin/list-users?" + query})
		var answered struct{ Users []struct{ Email string } }
		got.decode(t, &answered)
		seen := map[string]bool{}
		for _, user := range answered.Users {
			seen[user.Email] = true
		}
		if len(answered.Users) != want || len(seen) != want {
			t.Errorf("%s: %d users, %d different; want %d", query, len(answered.Users), len(seen), want)
		}
	}
}
