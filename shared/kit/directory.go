package kit

import (
	"slices"
	"strings"
	"sync"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// directory lists the mounts of this process and, if there is a bus, those behind it.
type directory struct {
	mutex   sync.Mutex
	local   []httpx.Mount
	remote  httpx.Directory // nil: there is no bus
	changed chan struct{}
}

var _ httpx.Directory = (*directory)(nil)

func newDirectory() *directory { return &directory{changed: make(chan struct{}, 1)} }

// join adds the mounts behind the bus, whose changes are then those that are told of. The
// local ones are complete before anybody listens.
func (d *directory) join(remote httpx.Directory) { d.remote = remote }

// add mounts a service of this process.
func (d *directory) add(m httpx.Mount) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.local = append(d.local, m)
}

// Mounts implements httpx.Directory. A service of this process wins over one of the same
// name elsewhere.
func (d *directory) Mounts() []httpx.Mount {
	d.mutex.Lock()
	all := slices.Clone(d.local)
	d.mutex.Unlock()
	if d.remote != nil {
		for _, m := range d.remote.Mounts() {
			if !slices.ContainsFunc(all, func(have httpx.Mount) bool { return have.Service == m.Service }) {
				all = append(all, m)
			}
		}
	}
	slices.SortFunc(all, func(a, b httpx.Mount) int { return strings.Compare(a.Service, b.Service) })
	return all
}

// Changed implements httpx.Directory.
func (d *directory) Changed() <-chan struct{} {
	if d.remote != nil {
		return d.remote.Changed()
	}
	return d.changed
}
