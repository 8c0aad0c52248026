package bus

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// carried sends a request through a message, which must hold it and nothing else.
func carried(t *testing.T, r *http.Request) (*http.Request, string, error) {
	t.Helper()
	message, err := encodeRequest(r, 1<<20)
	if err != nil {
		return nil, "", err
	}
	rest := bufio.NewReader(bytes.NewReader(message))
	back, err := http.ReadRequest(rest)
	if err != nil {
		return nil, "", err
	}
	body, err := io.ReadAll(back.Body)
	if err != nil {
		return nil, "", err
	}
	if left, _ := io.ReadAll(rest); len(left) > 0 { // reads from memory
		t.Errorf("%q holds more than a request: %q", message, left)
	}
	decoded, err := decodeRequest(message)
	if err != nil {
		t.Errorf("net/http reads what decodeRequest does not: %v", err)
		return nil, "", err
	}
	return decoded, string(body), nil
}

// What a client wrote must not become a second request or a field of ours.
func TestEncodeRequest_RefusesWhatCouldEndItsLine(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*http.Request){
		"a second request in the method":           func(r *http.Request) { r.Method = "GET / HTTP/1.1\r\nX: y\r\n\r\nGET" },
		"a space in the method":                    func(r *http.Request) { r.Method = "GET /y" },
		"a NUL in the method":                      func(r *http.Request) { r.Method = "GE\x00T" },
		"no method":                                func(r *http.Request) { r.Method = "" },
		"a field in the host":                      func(r *http.Request) { r.Host = "x\r\nX: y" },
		"a bare LF in the host":                    func(r *http.Request) { r.Host = "x\nX: y" },
		"a NUL in the host":                        func(r *http.Request) { r.Host = "x\x00" },
		"a space in the host":                      func(r *http.Request) { r.Host = "x y" },
		"a field in the query":                     func(r *http.Request) { r.URL.RawQuery = "a HTTP/1.1\r\nX: y" },
		"a bare CR in the query":                   func(r *http.Request) { r.URL.RawQuery = "a\rb" },
		"a space in the query":                     func(r *http.Request) { r.URL.RawQuery = "a HTTP/1.0" },
		"a NUL in the query":                       func(r *http.Request) { r.URL.RawQuery = "\x00" },
		"a DEL in the query":                       func(r *http.Request) { r.URL.RawQuery = "\x7f" },
		"a path that is none":                      func(r *http.Request) { r.URL.Path = "x" },
		"a NUL in a value":                         func(r *http.Request) { r.Header["A"] = []string{"b\x00c"} },
		"a length in lower case beside the body's": func(r *http.Request) { r.Header["content-length"] = []string{"3"} },
		"a host in lower case beside the host":     func(r *http.Request) { r.Header["host"] = []string{"evil.example"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x?a=b", strings.NewReader("hi"))
			spoil(r)
			if back, body, err := carried(t, r); err == nil {
				t.Errorf("arrived as %s %s %s %v %q", back.Method, back.Host, back.URL, back.Header, body)
			}
		})
	}
}

func TestEncodeRequest_CarriesFields(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("x", 900<<10)
	for name, c := range map[string]struct{ sent, want http.Header }{
		"CR LF in a value become spaces":   {http.Header{"A": {"b\r\nX: y"}}, http.Header{"A": {"b  X: y"}}},
		"a bare LF becomes a space":        {http.Header{"A": {"b\nX: y"}}, http.Header{"A": {"b X: y"}}},
		"a bare CR becomes a space":        {http.Header{"A": {"b\rX: y"}}, http.Header{"A": {"b X: y"}}},
		"a folded line becomes one":        {http.Header{"A": {"b\r\n\tc"}}, http.Header{"A": {"b  \tc"}}},
		"the end of the head in a value":   {http.Header{"A": {"b\r\n\r\nGET / HTTP/1.1"}}, http.Header{"A": {"b    GET / HTTP/1.1"}}},
		"a line end in a name is dropped":  {http.Header{"A\r\nX": {"y"}}, http.Header{}},
		"a colon in a name is dropped":     {http.Header{"A:X": {"y"}, "A:": {"y"}}, http.Header{}},
		"a space in a name is dropped":     {http.Header{"A ": {"y"}, " A": {"y"}, "A B": {"y"}}, http.Header{}},
		"a NUL in a name is dropped":       {http.Header{"A\x00": {"y"}}, http.Header{}},
		"an empty name is dropped":         {http.Header{"": {"y"}}, http.Header{}},
		"empty values stay":                {http.Header{"A": {""}, "B": {"", "b", ""}}, http.Header{"A": {""}, "B": {"", "b", ""}}},
		"several values stay in order":     {http.Header{"Cookie": {"b=2", "a=1"}}, http.Header{"Cookie": {"b=2", "a=1"}}},
		"bytes above ASCII stay":           {http.Header{"A": {"ä\xff\u0085\u2028"}}, http.Header{"A": {"ä\xff\u0085\u2028"}}},
		"a huge field stays":               {http.Header{"A": {huge}}, http.Header{"A": {huge}}},
		"no agent is added":                {http.Header{}, http.Header{}},
		"an empty agent stays":             {http.Header{"User-Agent": {""}}, http.Header{"User-Agent": {""}}},
		"a length that lies is dropped":    {http.Header{"Content-Length": {"5"}}, http.Header{}},
		"two lengths are dropped":          {http.Header{"Content-Length": {"2", "5"}}, http.Header{}},
		"a length that is none is dropped": {http.Header{"Content-Length": {"+2, 5"}}, http.Header{}},
		"Transfer-Encoding is dropped":     {http.Header{"Transfer-Encoding": {"chunked", "identity"}}, http.Header{}},
		"a field Host is dropped":          {http.Header{"Host": {"evil.example"}}, http.Header{}},
		"a principal is dropped":           {http.Header{"Gatehouse-Principal": {"forged"}}, http.Header{}},
		"what Connection names is dropped": {http.Header{"Connection": {"close, x-hop", " Hop "}, "X-Hop": {"y"}, "Hop": {"y"}}, http.Header{}},
		"Connection cannot name what the edge said": {
			http.Header{"Connection": {"gatehouse-client-ip, X-REQUEST-ID"}, httpx.ClientIPHeader: {"203.0.113.9"}, httpx.RequestIDHeader: {"req-7"}},
			http.Header{httpx.ClientIPHeader: {"203.0.113.9"}, httpx.RequestIDHeader: {"req-7"}},
		},
		"an odd Connection drops only itself": {http.Header{"Connection": {",, a b,\x00,"}, "A": {"y"}}, http.Header{"A": {"y"}}},
		"the fields of one connection are dropped": {http.Header{
			"Keep-Alive": {"y"}, "Proxy-Authorization": {"y"}, "Te": {"trailers"}, "Trailer": {"X"}, "Upgrade": {"h2c"}, "Expect": {"100-continue"},
		}, http.Header{}},
	} {
		for _, body := range []string{"", "hi"} {
			t.Run(name+", body "+body, func(t *testing.T) {
				t.Parallel()
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x", strings.NewReader(body))
				r.Header = c.sent.Clone()
				back, got, err := carried(t, r)
				if err != nil {
					t.Fatal(err)
				}
				back.Header.Del("Content-Length") // ContentLength has it
				if diff := cmp.Diff(c.want, back.Header); diff != "" {
					t.Errorf("the fields differ:\n%.500s", diff)
				}
				if got != body || back.ContentLength != int64(len(body)) || back.Host != r.Host || len(back.TransferEncoding) > 0 {
					t.Errorf("arrived for %s with %q, length %d, %v", back.Host, got, back.ContentLength, back.TransferEncoding)
				}
			})
		}
	}
}

func TestEncodeRequest_CarriesTargets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method string
		target url.URL
		want   string
	}{
		"a line end in the path is escaped":         {"GET", url.URL{Path: "/x y\r\nX: y"}, "/x%20y%0D%0AX:%20y"},
		"a raw path that lies is not believed":      {"GET", url.URL{Path: "/a", RawPath: "/b HTTP/1.1\r\n"}, "/a"},
		"a raw path stays":                          {"GET", url.URL{Path: "/a/b", RawPath: "/a%2Fb"}, "/a%2Fb"},
		"a path like an authority stays a path":     {"GET", url.URL{Path: "//evil.example/x"}, "//evil.example/x"},
		"scheme, host, user and fragment stay here": {"GET", url.URL{Scheme: "http", Host: "evil.example", User: url.User("u"), Path: "/x", Fragment: "f"}, "/x"},
		"an opaque target stays here":               {"GET", url.URL{Opaque: "//evil.example/y", Path: "/x"}, "/x"},
		"an empty path is the root":                 {"GET", url.URL{}, "/"},
		"a mark without a query stays":              {"GET", url.URL{Path: "/x", ForceQuery: true}, "/x?"},
		"any escapes of a query stay":               {"GET", url.URL{Path: "/x", RawQuery: "q=%00&%zz=;&ä"}, "/x?q=%00&%zz=;&ä"},
		"a star":                                    {"OPTIONS", url.URL{Path: "*"}, "*"},
		"HEAD":                                      {"HEAD", url.URL{Path: "/x"}, "/x"},
		"a method of its own":                       {"PURGE", url.URL{Path: "/x"}, "/x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), c.method, "/", strings.NewReader("hi"))
			r.URL, r.Host = &c.target, "library.example"
			back, body, err := carried(t, r)
			if err != nil {
				t.Fatal(err)
			}
			if back.Method != c.method || back.RequestURI != c.want || back.Host != r.Host || body != "hi" {
				t.Errorf("arrived as %s %s for %s with %q", back.Method, back.RequestURI, back.Host, body)
			}
		})
	}
}

func TestEncodeRequest_TakesTheLengthFromTheBody(t *testing.T) {
	t.Parallel()
	chunked := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x", strings.NewReader("hello"))
	chunked.ContentLength, chunked.TransferEncoding, chunked.Trailer = -1, []string{"chunked"}, http.Header{"X": {"y"}}
	if back, body, err := carried(t, chunked); err != nil || body != "hello" || back.ContentLength != 5 || len(back.Trailer) > 0 {
		t.Errorf("chunked: arrived with %q, %v, %v", body, back, err)
	}
	none := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", nil)
	none.Body = nil
	if back, body, err := carried(t, none); err != nil || body != "" || back.ContentLength != 0 || len(back.Header) > 0 {
		t.Errorf("no body: arrived with %q, %v, %v", body, back, err)
	}
	torn := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x", io.MultiReader(strings.NewReader("h"), failing{}))
	if _, _, err := carried(t, torn); err == nil {
		t.Error("a body that could not be read was sent")
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("torn") }

func TestRecorder_AnswersAsAServerWould(t *testing.T) {
	t.Parallel()
	type fields = http.Header
	for name, c := range map[string]struct {
		method string
		handle func(http.ResponseWriter)
		status int
		header fields
		body   string
	}{
		"nothing":                 {"GET", func(http.ResponseWriter) {}, 200, fields{"Content-Length": {"0"}}, ""},
		"a body":                  {"GET", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "hi") }, 200, fields{"Content-Length": {"2"}}, "hi"},
		"a status without a name": {"GET", func(w http.ResponseWriter) { w.WriteHeader(599) }, 599, fields{"Content-Length": {"0"}}, ""},
		"the first status counts": {"GET", func(w http.ResponseWriter) {
			w.WriteHeader(201)
			w.WriteHeader(500)
		}, 201, fields{"Content-Length": {"0"}}, ""},
		"interim answers stay here": {"GET", func(w http.ResponseWriter) {
			w.WriteHeader(103)
			w.WriteHeader(204)
		}, 204, fields{}, ""},
		"204 has neither body nor length": {"GET", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "2")
			w.WriteHeader(204)
			_, _ = io.WriteString(w, "hi")
		}, 204, fields{}, ""},
		"304 has neither body nor length": {"GET", func(w http.ResponseWriter) {
			w.Header().Set("Etag", `"x"`)
			w.WriteHeader(304)
			_, _ = io.WriteString(w, "hi")
		}, 304, fields{"Etag": {`"x"`}}, ""},
		"HEAD tells the length that was told": {"HEAD", func(w http.ResponseWriter) { w.Header().Set("Content-Length", "70") }, 200, fields{"Content-Length": {"70"}}, ""},
		"HEAD tells no length that is none":   {"HEAD", func(w http.ResponseWriter) { w.Header().Set("Content-Length", "-7") }, 200, fields{}, ""},
		"HEAD takes the length from the body": {"HEAD", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "hi") }, 200, fields{"Content-Length": {"2"}}, ""},
		"HEAD invents no length":              {"HEAD", func(http.ResponseWriter) {}, 200, fields{}, ""},
		"a length that lies is not believed": {"GET", func(w http.ResponseWriter) {
			w.Header()["Content-Length"] = []string{"70", "1"}
			_, _ = io.WriteString(w, "hi")
		}, 200, fields{"Content-Length": {"2"}}, "hi"},
		"Transfer-Encoding stays here": {"GET", func(w http.ResponseWriter) {
			w.Header().Set("Transfer-Encoding", "chunked")
			_, _ = io.WriteString(w, "2\r\nhi\r\n0\r\n\r\n")
		}, 200, fields{"Content-Length": {"12"}}, "2\r\nhi\r\n0\r\n\r\n"},
		"cookies stay apart and in order": {"GET", func(w http.ResponseWriter) {
			w.Header()["Set-Cookie"] = []string{"b=2; Path=/", "a=1", ""}
			w.WriteHeader(302)
		}, 302, fields{"Set-Cookie": {"b=2; Path=/", "a=1", ""}, "Content-Length": {"0"}}, ""},
		"a value cannot end its line": {"GET", func(w http.ResponseWriter) {
			w.Header().Set("Location", "/x\r\nSet-Cookie: a=1\r\n\r\n<p>")
			w.WriteHeader(302)
		}, 302, fields{"Location": {"/x  Set-Cookie: a=1    <p>"}, "Content-Length": {"0"}}, ""},
		"a name cannot end its line": {"GET", func(w http.ResponseWriter) {
			w.Header()["A\r\nX"], w.Header()["A:X"], w.Header()["Trailer:X"] = []string{"y"}, []string{"y"}, []string{"y"}
		}, 200, fields{"Content-Length": {"0"}}, ""},
		"what Connection names stays here": {"GET", func(w http.ResponseWriter) {
			w.Header()["Connection"], w.Header()["Hop"] = []string{"hop, Content-Length"}, []string{"y"}
		}, 200, fields{"Content-Length": {"0"}}, ""},
		"fields after the status are lost": {"GET", func(w http.ResponseWriter) {
			w.WriteHeader(200)
			w.Header().Set("Late", "y")
		}, 200, fields{"Content-Length": {"0"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRecorder(c.method, 1<<20)
			c.handle(w)
			message, err := w.encode()
			if err != nil {
				t.Fatal(err)
			}
			got, err := decodeResponse(message, c.method)
			if err != nil {
				t.Fatalf("%v: %q", err, message)
			}
			if got.status != c.status || string(got.body) != c.body {
				t.Errorf("arrived as %d with %q", got.status, got.body)
			}
			if diff := cmp.Diff(c.header, got.header); diff != "" {
				t.Errorf("the fields differ:\n%s", diff)
			}
		})
	}
}

func TestDecodeResponse_BelievesOneAnswer(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, c := range map[string]struct {
		message string
		want    string // the body; "refused"
	}{
		"what follows the body is not read": {ok + "Content-Length: 2\r\n\r\nhiHTTP/1.1 500 X\r\n\r\n", "hi"},
		"the same length twice":             {ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", "hi"},
		"two lengths":                       {ok + "Content-Length: 2\r\nContent-Length: 1\r\n\r\nhi", "refused"},
		"a negative length":                 {ok + "Content-Length: -1\r\n\r\nhi", "refused"},
		"a length with a sign":              {ok + "Content-Length: +2\r\n\r\nhi", "refused"},
		"a body that ends early":            {ok + "Content-Length: 3\r\n\r\nhi", "refused"},
		"a length beyond the message":       {ok + "Content-Length: 999999999999\r\n\r\nhi", "refused"},
		"a body up to the end":              {ok + "\r\nhi", "hi"},
		"a space before the colon":          {ok + "Content-Length : 1\r\n\r\nhi", "hi"},
		"a line that is no field":           {ok + "nonsense\r\n\r\nhi", "refused"},
		"a head without an end":             {ok + "A: b", "refused"},
		"an interim status":                 {"HTTP/1.1 103 Early Hints\r\n\r\nhi", "refused"},
		"a protocol change":                 {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "refused"},
		"a status that is none":             {"HTTP/1.1 099 X\r\n\r\nhi", "refused"},
		"nothing":                           {"", "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := decodeResponse([]byte(c.message), http.MethodGet)
			switch {
			case c.want == "refused" && err == nil:
				t.Errorf("arrived as %d %v with %q", got.status, got.header, got.body)
			case c.want != "refused" && (err != nil || string(got.body) != c.want):
				t.Errorf("got %q, %v, want %q", got.body, err, c.want)
			}
		})
	}
}
