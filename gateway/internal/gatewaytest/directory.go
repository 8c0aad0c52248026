package gatewaytest

import (
	"net/http"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// Directory is an httpx.Directory that a test fills.
type Directory struct {
	mutex   sync.Mutex
	mounts  []httpx.Mount
	changed chan struct{}
}

var _ httpx.Directory = (*Directory)(nil)

// NewDirectory returns a directory of the given mounts.
func NewDirectory(mounts ...httpx.Mount) *Directory {
	return &Directory{mounts: mounts, changed: make(chan struct{}, 1)}
}

// Mounts implements httpx.Directory.
func (d *Directory) Mounts() []httpx.Mount {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.mounts
}

// Changed implements httpx.Directory.
func (d *Directory) Changed() <-chan struct{} { return d.changed }

// Replace mounts something else.
func (d *Directory) Replace(mounts ...httpx.Mount) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.mounts = mounts
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// Mount returns a service of this process with the routes.
func Mount(t testing.TB, service string, routes ...httpx.Route) httpx.Mount {
	t.Helper()
	table, err := httpx.NewTable(routes, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return httpx.MountTable(service, table)
}

// Route returns a public route that answers with its own id in the header "Served-By".
func Route(id, method, path string, change ...func(*httpx.Route)) httpx.Route {
	r := httpx.Route{
		ID: id, Method: method, Path: path, Guard: httpx.Public(), Errors: httpx.Problem, Doc: httpx.Doc{Summary: "Test " + id},
		Handle: func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Served-By", id)
			return httpx.WriteJSON(w, map[string]string{"route": id})
		},
	}
	for _, f := range change {
		f(&r)
	}
	return r
}
