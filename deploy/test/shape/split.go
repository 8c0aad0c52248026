package shape

import (
	"maps"
	"testing"
)

// gatewayPart opens the bus for the others.
const gatewayPart = "gateway"

// command plans one process, which may run others.
func (s *System) command(t testing.TB, name string) map[string]part {
	return map[string]part{Whole: &process{path: Binary(t, "gatehouse"), args: []string{name}, environ: s.Environ, out: s.log}}
}

// processes plans four processes, as they run on four machines: the bus between them can
// be cut.
func (s *System) processes(t testing.TB) map[string]part {
	nats := FreeAddress(t)
	s.Bus = newProxy(t, nats)
	s.OpsOf = map[string]string{gatewayPart: s.Ops}
	parts := map[string]part{}
	for _, name := range []string{gatewayPart, "identity", "authsvc", "audit"} {
		environ := maps.Clone(s.Environ)
		if name == gatewayPart {
			environ["GATEHOUSE_NATS_LISTEN"] = nats
		} else {
			ops := FreeAddress(t)
			s.OpsOf[name] = "http://" + ops
			environ["GATEHOUSE_NATS_URL"], environ["GATEHOUSE_OPS_ADDR"] = "nats://"+s.Bus.Addr, ops
		}
		parts[name] = &process{path: Binary(t, name), args: []string{"serve"}, environ: environ, out: s.log}
	}
	return parts
}
