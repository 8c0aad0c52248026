package pg

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// raised is what the database says during a commit of the number that the commit raised
// (package epoch): "epoch 42", as a notice, so that it takes no question.
type raised struct {
	mutex  sync.Mutex
	number int64
	settle func(ctx context.Context, number int64)
}

const (
	raisedNotice = "epoch "
	raisedSlot   = "gatehouse.raised" // among the custom data of a connection
)

// hearRaised returns the handler of notices that notes raised numbers for the
// transaction that is committing on the connection.
func hearRaised(settle func(ctx context.Context, number int64)) pgconn.NoticeHandler {
	return func(conn *pgconn.PgConn, notice *pgconn.Notice) {
		text, ok := strings.CutPrefix(notice.Message, raisedNotice)
		if !ok {
			return
		}
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return
		}
		if slot, ok := conn.CustomData()[raisedSlot].(*raised); ok {
			slot.mutex.Lock()
			slot.number, slot.settle = number, settle
			slot.mutex.Unlock()
		}
	}
}

// awaitRaised makes the connection of tx note what its commit raises. The connection is
// somebody else's right after the commit, so the note is not kept there for long.
func awaitRaised(tx pgx.Tx) *raised {
	slot := &raised{}
	if conn := tx.Conn(); conn != nil {
		conn.PgConn().CustomData()[raisedSlot] = slot
	}
	return slot
}

// settled waits, if the commit raised a number, until nobody goes by what was before.
func (r *raised) settled(ctx context.Context) {
	r.mutex.Lock()
	number, settle := r.number, r.settle
	r.mutex.Unlock()
	if settle != nil {
		settle(ctx, number)
	}
}
