package front

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/gateway/internal/route"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// pageTime is how long a client may take to read a page.
const pageTime = 60 * time.Second

// forwardPages answers with all pages of a route, one after the other. Each page is a
// request of its own with the cursor that the page before named. An error on the first
// page is answered as such; one on a later page cuts the connection, so that nobody
// takes a part for the whole. The time to write counts for each page anew. With onlyFirst,
// for HEAD, the other pages are not asked for.
func (f *Front) forwardPages(w http.ResponseWriter, r *http.Request, target *route.Target, onlyFirst bool) {
	connection := http.NewResponseController(w)
	for cursor, first := "", true; first || cursor != ""; first = false {
		page := &page{header: http.Header{}}
		f.askPage(page, r, target, cursor)
		if first {
			for name, values := range page.header {
				if name != "Content-Length" && name != httpx.NextHeader {
					w.Header()[name] = values
				}
			}
			w.WriteHeader(page.code())
		} else if page.code() != http.StatusOK {
			panic(http.ErrAbortHandler)
		}
		_ = connection.SetWriteDeadline(f.Now().Add(pageTime)) // a recorder has none
		if _, err := io.Copy(w, &page.body); err != nil || r.Context().Err() != nil {
			panic(http.ErrAbortHandler) // the client has gone, or reads too slowly
		}
		_ = connection.Flush()
		before := cursor
		cursor = page.header.Get(httpx.NextHeader)
		if page.code() != http.StatusOK || onlyFirst {
			return
		}
		if cursor != "" && cursor == before {
			panic(http.ErrAbortHandler) // it would never end
		}
	}
}

func (f *Front) askPage(w http.ResponseWriter, r *http.Request, target *route.Target, cursor string) {
	ctx, cancel := context.WithTimeout(r.Context(), target.Route.Timeout)
	defer cancel()
	asked := r.Clone(ctx)
	if cursor != "" {
		query := asked.URL.Query()
		query.Set("cursor", cursor)
		asked.URL.RawQuery = query.Encode()
	}
	target.Handler.ServeHTTP(w, asked)
}

// page collects one page in memory; modules keep pages below 512 KiB.
type page struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (p *page) Header() http.Header { return p.header }

func (p *page) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
	}
}

func (p *page) Write(b []byte) (int, error) { return p.body.Write(b) }

func (p *page) code() int {
	if p.status == 0 {
		return http.StatusOK
	}
	return p.status
}
