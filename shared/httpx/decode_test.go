package httpx_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

type author struct {
	Name string `json:"name"`
}

type book struct {
	Title   string         `json:"title"`
	Pages   int            `json:"pages"`
	Price   float64        `json:"price"`
	Ready   bool           `json:"ready"`
	Authors []author       `json:"authors"`
	Notes   map[string]any `json:"notes"`
	Small   uint8          `json:"small"`
}

func decode(t testing.TB, contentType, body string) (book, error) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/books", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return httpx.Decode[book](r)
}

func TestDecode_ReadsAnObject(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]book{
		`{}`: {},
		` {"title":"Grüße \u00fc\ud83d\ude00","pages":-3,"price":1.5,"ready":true,"authors":[{"name":"x"}],"small":255} ` + "\r\n": {
			Title: "Grüße ü😀", Pages: -3, Price: 1.5, Ready: true, Authors: []author{{"x"}}, Small: 255,
		},
		`{"title":null,"authors":null}`:                            {},
		`{"notes":{"a":[1,{"b":null}]}}`:                           {Notes: map[string]any{"a": []any{1.0, map[string]any{"b": nil}}}},
		`{"pages":9223372036854775807}`:                            {Pages: 9223372036854775807},
		"{\"title\":\"" + strings.Repeat("x", 100_000) + "\"}":     {Title: strings.Repeat("x", 100_000)},
		`{"title":"__proto__","notes":{"constructor":"harmless"}}`: {Title: "__proto__", Notes: map[string]any{"constructor": "harmless"}},
	} {
		got, err := decode(t, "application/json", body)
		if err != nil {
			t.Errorf("%.60s: %v", body, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%.60s: %s", body, diff)
		}
	}
}

// ASVS 5.0, V1.5.2 and V1.5.3: parsers agree on what a body says, and refuse the rest.
//
// Covers ASVS V15.3.5, V15.3.7.
func TestDecode_RefusesWhatParsersDisagreeAbout(t *testing.T) {
	t.Parallel()
	deep := func(open, inner, end string) string {
		return `{"notes":{"a":` + strings.Repeat(open, 10_001) + inner + strings.Repeat(end, 10_001) + `}}`
	}
	for name, body := range map[string]string{
		"nothing":                     "",
		"spaces":                      " \n",
		"null":                        "null",
		"an array":                    `[{"title":"x"}]`,
		"a string":                    `"title"`,
		"a number":                    "7",
		"an unknown member":           `{"title":"x","approved":true}`,
		"an unknown member inside":    `{"authors":[{"name":"x","rank":"first"}]}`,
		"a duplicate member":          `{"title":"x","title":"y"}`,
		"a duplicate, escaped":        `{"title":"x","t\u0069tle":"y"}`,
		"a duplicate inside":          `{"authors":[{"name":"x","name":"y"}]}`,
		"a duplicate in a map":        `{"notes":{"a":1,"a":2}}`,
		"a twin in other case":        `{"title":"x","Title":"y"}`,
		"a member in other case":      `{"TITLE":"x"}`,
		"a member with a dotless i":   `{"tıtle":"x"}`,
		"a trailing object":           `{"title":"x"}{"title":"y"}`,
		"a trailing word":             `{"title":"x"} or 1=1`,
		"a trailing NUL":              "{\"title\":\"x\"}\x00",
		"a byte order mark":           "\xef\xbb\xbf{\"title\":\"x\"}",
		"UTF-16":                      "\xff\xfe{\x00}\x00",
		"invalid UTF-8":               "{\"title\":\"\xff\"}",
		"an overlong slash":           "{\"title\":\"\xc0\xaf\"}",
		"a surrogate in UTF-8":        "{\"title\":\"\xed\xa0\x80\"}",
		"half a surrogate pair":       `{"title":"\ud800"}`,
		"invalid UTF-8 in a name":     "{\"t\xff\":1}",
		"a raw control character":     "{\"title\":\"a\nb\"}",
		"an unknown escape":           `{"title":"\x41"}`,
		"single quotes":               `{'title':'x'}`,
		"a comment":                   `{"title":"x"/* y */}`,
		"a trailing comma":            `{"title":"x",}`,
		"no end":                      `{"title":"x"`,
		"no colon":                    `{"title" "x"}`,
		"a number for a string":       `{"title":1}`,
		"a string for a number":       `{"pages":"1"}`,
		"a string for a bool":         `{"ready":"true"}`,
		"a number for a bool":         `{"ready":1}`,
		"an object for an array":      `{"authors":{"0":{"name":"x"}}}`,
		"a fraction for an integer":   `{"pages":1.5}`,
		"an exponent for an integer":  `{"pages":1e3}`,
		"an integer above 64 bits":    `{"pages":9223372036854775808}`,
		"an integer of 1000 digits":   `{"pages":` + strings.Repeat("9", 1000) + `}`,
		"an integer above its type":   `{"small":256}`,
		"a negative unsigned integer": `{"small":-1}`,
		"a float beyond all":          `{"price":1e999}`,
		"not a number":                `{"price":NaN}`,
		"infinity":                    `{"price":Infinity}`,
		"a hexadecimal number":        `{"pages":0x10}`,
		"a leading zero":              `{"pages":010}`,
		"a leading plus":              `{"pages":+1}`,
		"10 001 arrays":               deep("[", "", "]"),
		"10 001 objects":              deep(`{"a":`, "1", "}"),
		"10 001 arrays without end":   `{"notes":{"a":` + strings.Repeat("[", 10_001),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := decode(t, "application/json", body)
			if !errors.Is(err, httpx.ErrBody) {
				t.Errorf("got %+v, %v; want ErrBody", got, err)
			}
			if diff := cmp.Diff(book{}, got); diff != "" {
				t.Errorf("half a value came back: %s", diff)
			}
		})
	}
}

// A form of another site can send text/plain without asking: only JSON counts as JSON.
func TestDecode_WantsTheMediaType(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]error{
		"application/json": nil, "application/json; charset=utf-8": nil, "Application/JSON": nil,
		"": httpx.ErrMediaType, "text/plain": httpx.ErrMediaType, "application/x-www-form-urlencoded": httpx.ErrMediaType,
		"multipart/form-data; boundary=x": httpx.ErrMediaType, "text/plain; application/json": httpx.ErrMediaType,
		"application/json, text/plain": httpx.ErrMediaType, "application/jsonp": httpx.ErrMediaType, "application/ld+json": httpx.ErrMediaType,
		"application/json; charset": httpx.ErrMediaType,
	} {
		if _, err := decode(t, contentType, `{"title":"x"}`); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", contentType, err, want)
		}
	}
}

func TestDecode_TellsTooLargeFromMalformed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body io.Reader
		want error
	}{
		"at the limit":            {strings.NewReader(`{"title":"12"}`), nil},
		"one byte above":          {strings.NewReader(`{"title":"123"}`), httpx.ErrTooLarge},
		"spaces above":            {strings.NewReader(`{"title":"12"}  `), httpx.ErrTooLarge},
		"garbage above":           {strings.NewReader("a long word of no meaning"), httpx.ErrTooLarge},
		"a connection that broke": {io.MultiReader(strings.NewReader(`{"title`), iotest.ErrReader(io.ErrUnexpectedEOF)), httpx.ErrBody},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/books", c.body)
			r.Header.Set("Content-Type", "application/json")
			r.Body = http.MaxBytesReader(nil, r.Body, int64(len(`{"title":"12"}`)))
			if _, err := httpx.Decode[book](r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// What Decode accepts, the standard library must read the same way.
func FuzzDecode(f *testing.F) {
	for _, body := range []string{
		`{}`, `null`, `{"title":"x","pages":1}`, `{"title":"x","title":"y"}`, `{"Title":"x"}`, `{"notes":{"a":[1e400]}}`, "\xef\xbb\xbf{}",
		`{"price":1e-400}`, `{"title":"\ud800"}`, "{\"title\":\"\xff\"}", `{"pages":-0}`, `{"small":256}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, err := decode(t, "application/json", body)
		if err != nil {
			if diff := cmp.Diff(book{}, got); diff != "" {
				t.Errorf("half a value came back: %s", diff)
			}
			return
		}
		var want book
		if err := json.Unmarshal([]byte(body), &want); err != nil {
			t.Fatalf("encoding/json refuses what Decode took: %v", err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("encoding/json reads something else: %s", diff)
		}
	})
}

func ExampleDecode() {
	r := httptest.NewRequest(http.MethodPost, "/books", strings.NewReader(`{"title":"Emma","titel":"Emma"}`))
	r.Header.Set("Content-Type", "application/json")
	_, err := httpx.Decode[book](r)
	fmt.Println(errors.Is(err, httpx.ErrBody))
	// Output: true
}
