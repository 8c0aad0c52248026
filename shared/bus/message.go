package bus

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// perConnection are the fields that concern one connection only (RFC 9110, section 7.6.1),
// and those that are written anew for each message. Expect and Trailer have been dealt with
// by the time a message is whole.
var perConnection = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Authenticate": true, "Proxy-Authorization": true, "Proxy-Connection": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true, "Expect": true,
	"Content-Length": true, "Host": true,
}

// notForwarded returns the names of the fields that may not pass an intermediary: those of
// one connection and those that Connection names. What the edge added is not the
// client's to name: it could take away the address by which its guesses are counted.
func notForwarded(h http.Header) map[string]bool {
	lines := h["Connection"]
	if len(lines) == 0 {
		return perConnection
	}
	names := maps.Clone(perConnection)
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			name = textproto.CanonicalMIMEHeaderKey(textproto.TrimString(name))
			if !strings.HasPrefix(name, httpx.InternalPrefix) && name != httpx.RequestIDHeader {
				names[name] = true
			}
		}
	}
	return names
}

var errUnsafe = fault.New(fault.Invalid, "bus.request", "The method, the host or the address of this request has characters that none may have. Send it without them.")

// encodeRequest writes r as an HTTP/1.1 message (RFC 9112). A body above limit is refused.
func encodeRequest(r *http.Request, limit int64) ([]byte, error) {
	body, err := bodyOf(r, limit)
	if err != nil {
		return nil, err
	}
	target := (&url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery, ForceQuery: r.URL.ForceQuery}).RequestURI()
	if !visible(r.Method) || !visible(r.Host) || !visible(target) {
		return nil, errUnsafe // it could end the line, or hold a second request
	}
	var message bytes.Buffer
	message.Grow(usualHead + len(body))
	message.WriteString(r.Method + " " + target + " HTTP/1.1\r\nHost: " + r.Host + "\r\n")
	if len(body) > 0 || r.Header["Content-Length"] != nil {
		writeLength(&message, int64(len(body)))
	}
	if err := r.Header.WriteSubset(&message, notForwarded(r.Header)); err != nil {
		return nil, err
	}
	message.WriteString("\r\n")
	message.Write(body)
	return message.Bytes(), nil
}

func bodyOf(r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err == nil && int64(len(body)) > limit {
		return nil, httpx.ErrTooLarge
	}
	return body, err
}

// usualHead is about how long a message is before its body.
const usualHead = 1 << 10

// visible reports whether a text is free of white space and control characters.
func visible(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c == 0x7f })
}

func writeLength(message *bytes.Buffer, length int64) {
	message.WriteString("Content-Length: " + strconv.FormatInt(length, 10) + "\r\n")
}

// decodeRequest reads what encodeRequest wrote.
func decodeRequest(message []byte) (*http.Request, error) {
	r, err := http.ReadRequest(reader(message))
	if err != nil {
		return nil, err
	}
	r.Header.Del(httpx.PrincipalHeader) // the principal travels beside the message; here it would be forged
	return r, nil
}

// reader reads a message without room for a longer one.
func reader(message []byte) *bufio.Reader {
	return bufio.NewReaderSize(bytes.NewReader(message), min(len(message), 4<<10))
}

// reply is an answer as it leaves the bus.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// decodeResponse reads the answer to a request of the given method.
func decodeResponse(message []byte, method string) (reply, error) {
	response, err := http.ReadResponse(reader(message), &http.Request{Method: method})
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	if response.StatusCode < http.StatusOK {
		return reply{}, fmt.Errorf("status %d is no final answer", response.StatusCode)
	}
	body, err := readBody(response, len(message))
	if err != nil {
		return reply{}, err
	}
	for name := range notForwarded(response.Header) {
		if name != "Content-Length" {
			delete(response.Header, name)
		}
	}
	return reply{response.StatusCode, response.Header, body}, nil
}

// readBody takes no more room than the body needs, if the message tells its length.
func readBody(response *http.Response, most int) ([]byte, error) {
	switch {
	case response.Body == http.NoBody:
		return nil, nil
	case response.ContentLength < 0 || response.ContentLength > int64(most):
		return io.ReadAll(response.Body)
	}
	body := make([]byte, response.ContentLength)
	_, err := io.ReadFull(response.Body, body)
	return body, err
}
