package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/gatehouse-auth/gatehouse/audit/internal/ledger"
	"github.com/gatehouse-auth/gatehouse/audit/verify"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// export answers one page of the log as lines of JSON. The cursor of the next page names
// the size that the export began with, so that all pages belong to one checkpoint, which
// is the last line of the last page.
func (a *API) export(w http.ResponseWriter, r *http.Request) error {
	first, size, err := parseCursor(r.URL.Query().Get("cursor"))
	if err != nil {
		return err
	}
	page, err := a.ledger.Export(r.Context(), first, size)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	if page.Next > 0 {
		w.Header().Set(httpx.NextHeader, strconv.FormatInt(page.Next, 10)+"."+strconv.FormatInt(page.Checkpoint.Size, 10))
	}
	lines := json.NewEncoder(w)
	for _, e := range page.Entries {
		if err := lines.Encode(verify.Line{Index: e.Index, Leaf: e.Bytes, Personal: e.Personal, Salt: e.Salt}); err != nil {
			return err
		}
	}
	if page.Next > 0 {
		return nil
	}
	return lines.Encode(verify.Line{Checkpoint: page.Checkpoint.Note})
}

func parseCursor(cursor string) (first, size int64, err error) {
	if cursor == "" {
		return 0, 0, nil
	}
	before, after, _ := strings.Cut(cursor, ".")
	first, errFirst := strconv.ParseInt(before, 10, 64)
	size, errSize := strconv.ParseInt(after, 10, 64)
	if errFirst != nil || errSize != nil || first < 1 || size < first {
		return 0, 0, ledger.ErrBadRequest.WithMessage("The cursor is not one that this log gave out.")
	}
	return first, size, nil
}
