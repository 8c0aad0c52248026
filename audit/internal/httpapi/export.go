package httpapi

import (
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
	values, err := parameters(r, "cursor")
	if err != nil {
		return err
	}
	first, size, err := parseCursor(values["cursor"])
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
	lines := make([]verify.Line, 0, len(page.Entries)+1)
	for _, e := range page.Entries {
		lines = append(lines, verify.Line{Index: e.Index, Leaf: e.Bytes, Personal: e.Personal, Salt: e.Salt})
	}
	if page.Next == 0 {
		lines = append(lines, verify.Line{Checkpoint: page.Checkpoint.Note})
	}
	return writeLines(w, lines)
}

func writeLines(w http.ResponseWriter, lines []verify.Line) error {
	for _, line := range lines {
		encoded, err := line.Encode()
		if err != nil {
			return err
		}
		if _, err := w.Write(encoded); err != nil {
			return err
		}
	}
	return nil
}

func parseCursor(cursor string) (first, size int64, err error) {
	if cursor == "" {
		return 0, 0, nil
	}
	before, after, _ := strings.Cut(cursor, ".")
	first, errFirst := strconv.ParseInt(before, 10, 64)
	size, errSize := strconv.ParseInt(after, 10, 64)
	exact := strconv.FormatInt(first, 10)+"."+strconv.FormatInt(size, 10) == cursor
	if errFirst != nil || errSize != nil || first < 1 || size < first || !exact {
		return 0, 0, ledger.ErrBadRequest.WithMessage("The cursor is not one that this log gave out.")
	}
	return first, size, nil
}
