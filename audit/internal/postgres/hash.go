package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// hashes reads stored hashes for one operation. The library's interface has no context,
// so the reader carries that of the operation.
type hashes struct {
	ctx context.Context //nolint:containedctx // tlog.HashReader takes none
	db  pg.Querier
}

const readHashes = `
select index, hash
from node
where index = any ($1)`

// ReadHashes implements tlog.HashReader.
func (h hashes) ReadHashes(indexes []int64) ([]tree.Hash, error) {
	rows, err := h.db.Query(h.ctx, readHashes, indexes)
	if err != nil {
		return nil, pg.Fault(err)
	}
	found := make(map[int64]tree.Hash, len(indexes))
	var index int64
	var hash []byte
	_, err = pgx.ForEachRow(rows, []any{&index, &hash}, func() error {
		found[index] = tree.Hash(hash)
		return nil
	})
	if err != nil {
		return nil, pg.Fault(err)
	}
	ordered := make([]tree.Hash, len(indexes))
	for i, wanted := range indexes {
		stored, ok := found[wanted]
		if !ok {
			return nil, fmt.Errorf("hash %d of the tree is missing", wanted)
		}
		ordered[i] = stored
	}
	return ordered, nil
}
