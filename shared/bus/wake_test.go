package bus_test

import (
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/events"
)

var _ events.Wake = (*bus.Wake)(nil)

func heard(t *testing.T, bell <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-bell:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s was not heard", what)
	}
}

func TestWake_RingsThoseWhoListen(t *testing.T) {
	t.Parallel()
	server, again := restartable(t)
	orders, ledger := connect(t, overTCP(server, "orders")).Wake(), connect(t, overTCP(server, "ledger")).Wake()
	bell, end := ledger.Subscribe("orders")
	defer end()
	eventually(t, "a ring arrives", func() bool { // once the server knows of the subscription
		orders.Publish("orders")
		return len(bell) == 1
	})
	for range 100 { // many rings are one, and nobody waits for the reader
		orders.Publish("orders")
	}
	heard(t, bell, "a ring")
	server.Shutdown()
	orders.Publish("orders") // lost, without harm
	again()
	heard(t, bell, "the reconnect")
}

func TestWake_IsSilentAfterTheEnd(t *testing.T) {
	t.Parallel()
	server := startServer(t, "")
	orders, ledger := connect(t, inProcess(server, "orders")).Wake(), connect(t, inProcess(server, "ledger")).Wake()
	kept, endKept := ledger.Subscribe("orders")
	defer endKept()
	ended, end := ledger.Subscribe("orders")
	end()
	select {
	case <-ended: // the connect rings too
	default:
	}
	eventually(t, "the other one rings", func() bool {
		orders.Publish("orders")
		return len(kept) == 1
	})
	if len(ended) != 0 {
		t.Error("a subscription rang after its end")
	}
}
