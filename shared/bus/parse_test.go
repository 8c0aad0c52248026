package bus

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

func FuzzDecodeRequest(f *testing.F) {
	f.Add([]byte("POST /a%2Fb?c=d HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, message []byte) {
		r, err := decodeRequest(message)
		if err != nil {
			return
		}
		if r.URL.Path == "" { // an authority or "*": nothing that a route matches
			return
		}
		again, err := encodeRequest(r, 1<<20)
		if err != nil {
			return
		}
		back, err := decodeRequest(again)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%q", err, again)
		}
		if back.Method != r.Method || back.URL.Path != r.URL.Path || back.URL.RawQuery != r.URL.RawQuery {
			t.Fatalf("%s %s became %s %s", r.Method, r.URL, back.Method, back.URL)
		}
	})
}

func FuzzDecodeResponse(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "GET")
	f.Add([]byte("HTTP/1.1 304 Not Modified\r\nEtag: \"x\"\r\n\r\n"), "HEAD")
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"), "GET")
	f.Fuzz(func(t *testing.T, message []byte, method string) {
		got, err := decodeResponse(message, method)
		if err == nil && (got.status < 0 || len(got.body) > len(message)) {
			t.Fatalf("%d with %d bytes from %d", got.status, len(got.body), len(message))
		}
	})
}

func FuzzReadOffer(f *testing.F) {
	f.Add([]byte(`{"name":"a","metadata":{"started":"12"},"endpoints":[{"subject":"http.a.x","metadata":{"route":"{\"id\":\"x\"}"}}]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		o, err := readOffer("a", answer)
		if err != nil {
			return
		}
		c := newChart(nil, time.Minute, nil)
		c.update([]offer{o}, time.Unix(1000, 0))
		for _, r := range c.routes("a") {
			if !c.claims.allow("a", r.Path) || r.Guard.Level == "" {
				t.Fatalf("mounted %+v", r)
			}
		}
	})
}

func FuzzFaultOf(f *testing.F) {
	f.Add("invalid", "x.y", "1s", "Not so.")
	f.Fuzz(func(t *testing.T, kind, code, after, message string) {
		msg := nats.NewMsg("x")
		msg.Header.Set("Nats-Service-Error", kind)
		msg.Header.Set("Nats-Service-Error-Code", code)
		msg.Header.Set(retryAfterHeader, after)
		msg.Data = []byte(message)
		got := faultOf(msg)
		if got == nil || got.Code != code || got.Message != message {
			t.Fatalf("got %v", got)
		}
		if status := got.Kind.Status(); status < 400 || status > 599 {
			t.Fatalf("a fault with status %d", status)
		}
	})
}

func FuzzBudgetOf(f *testing.F) {
	f.Add("1500")
	f.Fuzz(func(t *testing.T, text string) {
		if budget, err := budgetOf(text); err == nil && (budget <= 0 || budget > maxBudget) {
			t.Fatalf("%q gives %s", text, budget)
		}
	})
}

func TestBudgetOf_KeepsTimeBackForTheAnswer(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1": 900 * time.Microsecond, "10": 9 * time.Millisecond, "1000": 995 * time.Millisecond,
		"": maxBudget, "999999999": maxBudget - 5*time.Millisecond,
	} {
		if got, err := budgetOf(text); err != nil || got != want {
			t.Errorf("%q: got %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestFaultOf_TakesAFaultWithoutCodeForAFault(t *testing.T) {
	t.Parallel()
	sent := faultMessage("x", &fault.Error{Kind: fault.Denied})
	if got := faultOf(sent); got == nil || got.Kind != fault.Denied {
		t.Errorf("got %v", got)
	}
	if got := faultOf(&nats.Msg{Data: []byte("{}")}); got != nil {
		t.Errorf("an ordinary answer became %v", got)
	}
}

func TestEncodeRequest_ReadsNoMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	for size, ok := range map[int]bool{9: true, 10: true, 11: false} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x", bytes.NewReader(make([]byte, size)))
		if _, err := encodeRequest(r, 10); (err == nil) != ok {
			t.Errorf("%d bytes with a limit of 10: %v", size, err)
		}
	}
}
