package shape

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// Proxy carries TCP connections to a target, until it is cut.
type Proxy struct {
	Addr   string
	target string

	mutex    sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	cut      bool
}

// newProxy starts a proxy, which ends with the test.
func newProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", FreeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: listener.Addr().String(), target: target, listener: listener, conns: map[net.Conn]bool{}}
	var serving sync.WaitGroup
	serving.Go(p.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		p.Cut()
		serving.Wait()
	})
	return p
}

func (p *Proxy) serve() {
	var carrying sync.WaitGroup
	defer carrying.Wait()
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		carrying.Go(func() { p.carry(conn) })
	}
}

func (p *Proxy) carry(near net.Conn) {
	defer func() { _ = near.Close() }()
	far, err := net.Dial("tcp", p.target) //nolint:noctx // loopback answers at once
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	if !p.hold(near, far) {
		return
	}
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		go func() {
			_, _ = io.Copy(way[0], way[1]) // an end of either side ends both
			done <- struct{}{}
		}()
	}
	<-done
	_ = errors.Join(near.Close(), far.Close())
	<-done
}

// hold remembers connections that Cut ends; false if there shall be none now.
func (p *Proxy) hold(conns ...net.Conn) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, conn := range conns {
		p.conns[conn] = true
	}
	return !p.cut
}

// Cut ends all connections, and each new one at once.
func (p *Proxy) Cut() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.cut = true
	for conn := range p.conns {
		_ = conn.Close()
	}
	clear(p.conns)
}

// Heal lets connections pass again.
func (p *Proxy) Heal() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.cut = false
}
