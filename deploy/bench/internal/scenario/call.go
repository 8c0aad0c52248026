package scenario

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
)

const (
	mediaJSON = "application/json"
	mediaForm = "application/x-www-form-urlencoded"
	tokenPath = "/api/auth/oauth2/token"
)

// call is a request in the terms of a scenario.
type call struct {
	method, path  string
	cookie        string
	authorization string
	media         string
	body          []byte
}

// append writes the call as an HTTP/1.1 message (RFC 9112).
func (c call) append(buf []byte, address string) []byte {
	buf = fmt.Appendf(buf, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: gatehouse-bench\r\nAccept: */*\r\nOrigin: %s\r\n", c.method, c.path, address, origin)
	if c.cookie != "" {
		buf = fmt.Appendf(buf, "Cookie: %s\r\n", c.cookie)
	}
	if c.authorization != "" {
		buf = fmt.Appendf(buf, "Authorization: %s\r\n", c.authorization)
	}
	if c.media != "" {
		buf = fmt.Appendf(buf, "Content-Type: %s\r\nContent-Length: %s\r\n", c.media, strconv.Itoa(len(c.body)))
	}
	buf = append(buf, "\r\n"...)
	return append(buf, c.body...)
}

// fixed asks the same every time and wants some text in the answer.
type fixed struct {
	request []byte
	want    []byte
}

func newFixed(address string, c call, want string) *fixed {
	return &fixed{request: c.append(nil, address), want: []byte(want)}
}

// Next implements load.Script.
func (f *fixed) Next(buf []byte) []byte { return append(buf, f.request...) }

// Take implements load.Script.
func (f *fixed) Take(status int, body []byte) error {
	if status != http.StatusOK || !bytes.Contains(body, f.want) {
		return unexpected(status, body)
	}
	return nil
}

const shown = 200 // bytes of an answer in a message

// unexpected shows what was answered. Only errors are shown at length: the body of a good
// answer may hold tokens.
func unexpected(status int, body []byte) error {
	if status < http.StatusBadRequest {
		return fmt.Errorf("unexpected answer: status %d with %d bytes that are not what was asked for", status, len(body))
	}
	return fmt.Errorf("unexpected answer: status %d: %s", status, body[:min(len(body), shown)])
}
