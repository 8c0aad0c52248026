package pg_test

import (
	"context"
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// TestOpen_HostileServer lets a server send messages whose lengths are lies: that is an
// error and never a crash (pgx CVE-2026-33815, pgproto3 CVE-2026-32286, GHSA-fqpg-rq76-99pq).
func TestOpen_HostileServer(t *testing.T) {
	t.Parallel()
	message := func(kind byte, body ...byte) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)+4)), body...)
	}
	for name, lie := range map[string][]byte{
		"a value longer than its row":      message('D', 0, 1, 0x7f, 0xff, 0xff, 0xff, 'x'),
		"a value of a negative length":     message('D', 0, 1, 0xff, 0xff, 0xff, 0xfe),
		"more values than there are":       message('D', 0xff, 0xff),
		"a row without a count":            message('D'),
		"a negative count of values":       message('D', 0x80, 0, 0, 0, 0, 1, 'x'),
		"columns that are cut off":         message('T', 0, 9, 'a'),
		"parameters that are cut off":      message('t', 0x7f, 0xff),
		"an error without an end":          message('E', 'S', 'F'),
		"a message shorter than its head":  {'D', 0, 0, 0, 0},
		"a message longer than four bytes": {'D', 0xff, 0xff, 0xff, 0xff},
		"a message that nobody knows":      message('?', 1, 2, 3),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := lying(t, lie)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			pool, err := pg.Open(ctx, pg.Config{URL: "postgres://u:p@" + address + "/d?sslmode=disable&connect_timeout=2", Schema: "s"})
			if err != nil {
				return
			}
			defer pool.Close()
			var one int
			if err := pool.QueryRow(ctx, "select 1").Scan(&one); err == nil {
				t.Error("a lie was read as an answer")
			}
		})
	}
}

// lying starts a server that lets anybody in and answers the first question with the lie.
func lying(t *testing.T, lie []byte) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go lieTo(conn, lie)
		}
	}()
	return listener.Addr().String()
}

func lieTo(conn net.Conn, lie []byte) {
	defer func() { _ = conn.Close() }()
	backend := pgproto3.NewBackend(conn, conn)
	if _, err := backend.ReceiveStartupMessage(); err != nil {
		return
	}
	backend.Send(&pgproto3.AuthenticationOk{})
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if backend.Flush() != nil {
		return
	}
	if _, err := backend.Receive(); err != nil {
		return
	}
	_, _ = conn.Write(lie) // the client may be gone
}
