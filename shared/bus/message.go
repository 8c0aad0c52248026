package bus

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// perConnection are the fields that concern one connection only (RFC 9110, section 7.6.1).
// Expect and Trailer have been dealt with by the time a message is whole.
func perConnection() []string {
	return []string{
		"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect",
	}
}

// forwardable returns a copy of the fields that may pass an intermediary: neither those
// of one connection nor those that Connection names.
func forwardable(h http.Header) http.Header {
	kept := h.Clone()
	if kept == nil {
		kept = http.Header{}
	}
	for _, line := range h.Values("Connection") {
		for name := range strings.SplitSeq(line, ",") {
			kept.Del(textproto.TrimString(name))
		}
	}
	for _, name := range perConnection() {
		kept.Del(name)
	}
	return kept
}

// encodeRequest writes r as an HTTP/1.1 message (RFC 9112). A body above limit is refused.
func encodeRequest(r *http.Request, limit int64) ([]byte, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, limit+1)); err != nil {
			return nil, err
		}
	}
	if int64(len(body)) > limit {
		return nil, httpx.ErrTooLarge
	}
	header := forwardable(r.Header)
	if len(header["User-Agent"]) == 0 {
		header["User-Agent"] = nil // or Write would add Go's own
	}
	out := &http.Request{
		Method: r.Method, Host: r.Host, Header: header,
		URL:           &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery, ForceQuery: r.URL.ForceQuery},
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
	}
	if len(body) == 0 {
		out.Body = http.NoBody
	}
	var message bytes.Buffer
	if err := out.Write(&message); err != nil {
		return nil, err
	}
	return message.Bytes(), nil
}

// decodeRequest reads what encodeRequest wrote.
func decodeRequest(message []byte) (*http.Request, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(message)))
	if err != nil {
		return nil, err
	}
	r.Header.Del(httpx.PrincipalHeader) // the principal travels beside the message; here it would be forged
	return r, nil
}

// reply is an answer as it leaves the bus.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// decodeResponse reads the answer to a request of the given method.
func decodeResponse(message []byte, method string) (reply, error) {
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(message)), &http.Request{Method: method})
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, err
	}
	return reply{response.StatusCode, forwardable(response.Header), body}, nil
}
