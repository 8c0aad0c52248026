package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// visitor is somebody with a browser, or a program with a bearer token, who talks to a
// system over HTTP and knows nothing else of it.
type visitor struct {
	base    string
	cookies map[string]string
	bearer  string // sent instead of cookies if set
	http    *http.Client
}

func newVisitor(base string) *visitor {
	return &visitor{base: base, cookies: map[string]string{}, http: &http.Client{
		Timeout:       20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// with returns the same visitor with a bearer token and no cookie.
func (v *visitor) with(bearer string) *visitor {
	other := newVisitor(v.base)
	other.bearer = bearer
	return other
}

// answer is what the system said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) String() string {
	return fmt.Sprintf("%d %s %s", a.status, a.header.Get("Content-Type"), bytes.TrimSpace(a.body))
}

// json reads the body into a tree; nil if it is none.
func (a answer) json() any {
	var tree any
	if json.Unmarshal(a.body, &tree) != nil {
		return nil
	}
	return tree
}

// at returns what stands at a path such as "user.email", "" if nothing does.
func (a answer) at(path string) string {
	tree := a.json()
	for name := range strings.SplitSeq(path, ".") {
		members, ok := tree.(map[string]any)
		if !ok {
			return ""
		}
		tree = members[name]
	}
	switch found := tree.(type) {
	case nil:
		return ""
	case string:
		return found
	}
	encoded, _ := json.Marshal(tree) // it was decoded above
	return string(encoded)
}

// list returns the list at the top, or below the one given name.
func (a answer) list(name string) []map[string]any {
	tree := a.json()
	if members, ok := tree.(map[string]any); ok {
		tree = members[name]
	}
	items, _ := tree.([]any)
	var all []map[string]any
	for _, item := range items {
		members, _ := item.(map[string]any)
		all = append(all, members)
	}
	return all
}

// send sends a request; what is "POST /path". A body that is url.Values goes as a form, a
// string as it is, anything else as JSON. header comes in pairs and wins.
func (v *visitor) send(t testing.TB, what string, body any, header ...string) answer {
	t.Helper()
	got, err := v.try(t, what, body, header...)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return got
}

// try is send for who expects that nobody may answer.
func (v *visitor) try(t testing.TB, what string, body any, header ...string) (answer, error) {
	t.Helper()
	method, path, _ := strings.Cut(what, " ")
	content, media := encode(t, body)
	request, err := http.NewRequestWithContext(t.Context(), method, v.base+path, content)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Origin", shape.Origin)
	request.Header.Set("User-Agent", "gatehouse-test")
	if media != "" {
		request.Header.Set("Content-Type", media)
	}
	v.identify(request)
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			request.Header.Del(header[i])
		}
	}
	response, err := v.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	v.keep(response.Cookies())
	return answer{response.StatusCode, response.Header, got}, nil
}

func encode(t testing.TB, body any) (content io.Reader, media string) {
	t.Helper()
	switch body := body.(type) {
	case nil:
		return nil, ""
	case string:
		return strings.NewReader(body), "application/json"
	case url.Values:
		return strings.NewReader(body.Encode()), "application/x-www-form-urlencoded"
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(encoded), "application/json"
}

func (v *visitor) identify(request *http.Request) {
	if v.bearer != "" {
		request.Header.Set("Authorization", "Bearer "+v.bearer)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(v.cookies)) { // in one order, as browsers send them
		request.AddCookie(&http.Cookie{Name: name, Value: v.cookies[name]})
	}
}

func (v *visitor) keep(set []*http.Cookie) {
	for _, c := range set {
		if c.MaxAge < 0 || c.Value == "" {
			delete(v.cookies, c.Name)
		} else {
			v.cookies[c.Name] = c.Value
		}
	}
}
