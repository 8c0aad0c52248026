package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Script is the conversation of one connection.
type Script interface {
	// Next appends the next request to buf, as an HTTP/1.1 message (RFC 9112).
	Next(buf []byte) []byte
	// Take reads the answer to it. An error means that it was not the expected one.
	// The body is valid until Take returns.
	Take(status int, body []byte) error
}

// Connection is a Worker that talks HTTP over one kept-alive connection to a loopback
// address. It is as thin as it can be, because it runs on the cores that the server needs.
type Connection struct {
	address string
	script  Script
	conn    net.Conn
	reader  *bufio.Reader
	request []byte
	body    []byte
}

// patience bounds one exchange.
const patience = 10 * time.Second

// NewConnection returns a connection that dials when it is first used. The address must be
// one of this machine.
func NewConnection(address string, script Script) (*Connection, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address of the load: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("address of the load: %s is not a loopback address, and load goes nowhere else", address)
	}
	return &Connection{address: address, script: script}, nil
}

// Do implements Worker. After an error on the way the next call dials again.
func (c *Connection) Do(ctx context.Context) error {
	status, err := c.exchange(ctx)
	if err != nil {
		c.Close()
		return err
	}
	return c.script.Take(status, c.body)
}

// Close ends the connection.
func (c *Connection) Close() {
	if c.conn != nil {
		_ = c.conn.Close() // nothing is under way that could be lost
		c.conn = nil
	}
}

func (c *Connection) exchange(ctx context.Context) (int, error) {
	if c.conn == nil {
		if err := c.dial(ctx); err != nil {
			return 0, err
		}
	}
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, fmt.Errorf("bound the exchange: %w", err)
	}
	c.request = c.script.Next(c.request[:0])
	if _, err := c.conn.Write(c.request); err != nil {
		return 0, fmt.Errorf("send: %w", err)
	}
	return c.receive()
}

func (c *Connection) receive() (int, error) {
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return 0, fmt.Errorf("receive: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // it was read to its end
	if c.body, err = readInto(c.body[:0], response.Body); err != nil {
		return 0, fmt.Errorf("receive the body: %w", err)
	}
	if response.Close {
		c.Close()
	}
	return response.StatusCode, nil
}

func (c *Connection) dial(ctx context.Context) error {
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", c.address)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	c.conn, c.reader = conn, bufio.NewReaderSize(conn, 8<<10)
	return nil
}

// readInto appends everything that r has to buf.
func readInto(buf []byte, r io.Reader) ([]byte, error) {
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}
