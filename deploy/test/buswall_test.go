package test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/gateway/gatewayapi"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// TestBus_KeepsModulesApart lets every module of the product try every subject of every
// other one. What the graph does not allow, the server refuses.
func TestBus_KeepsModulesApart(t *testing.T) {
	t.Parallel()
	root := secret.NewRoot("7Yl0ZKfX2sQpWmD4vTnRbE9aHcJgUi5o")
	users, err := bus.Users(root, gatewayapi.Graph(), gatewayapi.Service)
	if err != nil {
		t.Fatal(err)
	}
	server, err := bus.StartServer(bus.ServerConfig{Listen: "127.0.0.1:0", Users: users, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	for _, module := range slices.Sorted(maps.Keys(gatewayapi.Graph())) {
		t.Run("as "+module, func(t *testing.T) {
			t.Parallel()
			conn := member(t, server.ClientURL(), root, module)
			for subject, allowed := range publishes(module) {
				if err := conn.Publish(subject, nil); err != nil {
					t.Fatal(err)
				}
				if got := accepted(t, conn, subject); got != allowed {
					t.Errorf("publish on %s: accepted %t, want %t", subject, got, allowed)
				}
			}
			for subject, allowed := range subscribes(module) {
				subscription, err := conn.SubscribeSync(subject)
				if err != nil {
					t.Fatal(err)
				}
				if got := accepted(t, conn, subject); got != allowed {
					t.Errorf("subscribe to %s: accepted %t, want %t", subject, got, allowed)
				}
				_ = subscription.Unsubscribe()
			}
		})
	}
}

// publishes lists subjects with whether the module may send to them: every method of the
// product under every caller's name, every service's requests, wake-ups and answers.
func publishes(module string) map[string]bool {
	all := map[string]bool{"anything": false, "$SYS.REQ.SERVER.PING": false, "$JS.API.INFO": false}
	methods := append(identityapi.Methods(), authapi.Methods()...)
	methods = append(methods, rpc.Desc{Service: "audit", Name: "anything", Major: 1}, rpc.Desc{Service: "gateway", Name: "anything", Major: 1})
	for _, m := range methods {
		for caller := range gatewayapi.Graph() {
			may := caller == module && gatewayapi.Graph().Allows(module, m)
			all["rpc."+m.Service+".v1."+m.Name+"."+caller] = may
		}
	}
	for other := range gatewayapi.Graph() {
		all["http."+other+".any-route"] = module == gatewayapi.Service
		all["evt."+other] = other == module
		all["_INBOX."+other+".a.b"] = false
	}
	return all
}

// subscribes lists subjects with whether the module may listen to them.
func subscribes(module string) map[string]bool {
	all := map[string]bool{">": false, "rpc.>": false, "http.>": false, "evt.>": false, "_INBOX.>": false, "$SYS.>": false}
	for other := range gatewayapi.Graph() {
		own := other == module
		all["rpc."+other+".>"] = own
		all["http."+other+".>"] = own
		all["_INBOX."+other+".a.*"] = own
		all["evt."+other] = slices.ContainsFunc(gatewayapi.Graph()[module], func(entry string) bool {
			service, _, _ := strings.Cut(entry, ".")
			return service == other
		})
	}
	return all
}

// member connects as a module does, without the wrapper that keeps it to its subjects.
func member(t *testing.T, url string, root secret.Root, module string) *nats.Conn {
	t.Helper()
	pair, err := bus.Identity(root, module)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(url, nats.Nkey(key, pair.Sign), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// accepted reports whether the server let the last thing pass: it says what it refuses.
func accepted(t *testing.T, conn *nats.Conn, subject string) bool {
	t.Helper()
	if err := conn.FlushTimeout(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	err := conn.LastError()
	return err == nil || !strings.Contains(strings.ToLower(err.Error()), `"`+strings.ToLower(subject)+`"`)
}
