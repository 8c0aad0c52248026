package bus_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

func modules() []string { return []string{"catalog", "edge", "ledger", "orders"} }

// attempt is one subject, and which modules may use it.
type attempt struct {
	subject string
	allowed []string
}

func publishAttempts() []attempt {
	attempts := []attempt{
		{"sys.up", modules()},
		{"sys.down", nil},
		{"$JS.API.INFO", nil},
		{"$JS.API.STREAM.NAMES", nil},
		{"$SYS.REQ.SERVER.PING", nil},
		{"$SYS.REQ.USER.INFO", nil},
		{"$SRV.PING", []string{"edge"}},
		{"$SRV.INFO.catalog", []string{"edge"}},
		{"$SRV.STATS", nil},
		{"anything", nil},
	}
	for _, target := range modules() {
		attempts = append(attempts,
			attempt{"evt." + target, []string{target}},
			attempt{"evt." + target + ".epoch", []string{target}}, // nobody else can ring for it
			attempt{"http." + target + ".list", []string{"edge"}},
			attempt{"_INBOX." + target + ".x.y", nil})
		for _, name := range modules() {
			var allowed []string
			if target == edge || slices.ContainsFunc(graph()[target], func(called string) bool { return strings.HasPrefix(called+".", name+".") }) {
				allowed = []string{name} // and nobody else in its place
			}
			attempts = append(attempts, attempt{"_INBOX." + target + "." + name + ".x.y", allowed})
		}
		for _, method := range []string{"find", "feed", "drop"} {
			for _, name := range modules() {
				var allowed []string
				if graph().Allows(name, rpc.Desc{Service: target, Name: method}) {
					allowed = []string{name} // and nobody else under that name
				}
				attempts = append(attempts, attempt{fmt.Sprintf("rpc.%s.v1.%s.%s", target, method, name), allowed})
			}
		}
	}
	return attempts
}

func subscribeAttempts() []attempt {
	attempts := []attempt{
		{">", nil},
		{"rpc.>", nil},
		{"http.>", nil},
		{"_INBOX.>", nil},
		{"evt.*", nil},
		{"*.*", nil},
		{"$SYS.>", nil},
		{"$JS.>", nil},
		{"$SRV.>", nil},
		{"$SRV.INFO.*", nil},
		{"sys.up", modules()},
		{"$SRV.PING", modules()},
		{"$SRV.INFO", modules()},
	}
	readers := map[string][]string{"catalog": {"edge", "orders"}, "orders": {"edge", "ledger"}}
	for _, target := range modules() {
		own := []string{target}
		attempts = append(attempts,
			attempt{"rpc." + target + ".>", own},
			attempt{"rpc." + target + ".v1.find.*", own},
			attempt{"http." + target + ".list", own},
			attempt{"_INBOX." + target + ".x.*", own},
			attempt{"$SRV.INFO." + target, own},
			attempt{"$SRV.PING." + target + ".id", own},
			attempt{"evt." + target, readers[target]},
			attempt{"evt." + target + ".epoch", readers[target]})
	}
	return attempts
}

// refused reports whether the server refused the last thing that nc did.
func refused(t *testing.T, nc *nats.Conn, subject string) bool {
	t.Helper()
	if err := nc.FlushTimeout(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	err := nc.LastError()
	return err != nil && strings.Contains(strings.ToLower(err.Error()), strings.ToLower(fmt.Sprintf("%q", subject)))
}

// externalServer runs a NATS server from the file that ServerConf prints.
func externalServer(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(path, []byte(bus.ServerConf(users(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	options, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatalf("the printed configuration does not parse: %v", err)
	}
	options.Host, options.Port, options.NoSigs, options.NoLog = "127.0.0.1", server.RANDOM_PORT, true, true
	ns, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	if !ns.ReadyForConnections(10 * time.Second) {
		t.Fatal("the external server is not ready")
	}
	return ns.ClientURL()
}

// Covers CVE-2022-24450, CVE-2025-30215, CVE-2026-33222 and CVE-2022-29946: every module
// tries every subject, on the embedded server and on one configured by ServerConf.
func TestUsers_MayUseTheirSubjectsAndNoOthers(t *testing.T) {
	t.Parallel()
	urls := map[string]string{"embedded": startServer(t, loopback).ClientURL(), "configured": externalServer(t)}
	for kind, url := range urls {
		for _, module := range modules() {
			t.Run(kind+" server, "+module, func(t *testing.T) {
				t.Parallel()
				nc := rawConn(t, url, module)
				for _, a := range publishAttempts() {
					if err := nc.Publish(a.subject, []byte("x")); err != nil {
						t.Fatal(err)
					}
					if got, want := !refused(t, nc, a.subject), slices.Contains(a.allowed, module); got != want {
						t.Errorf("publish on %s: allowed %t, want %t", a.subject, got, want)
					}
				}
				for _, a := range subscribeAttempts() {
					sub, err := nc.SubscribeSync(a.subject)
					if err != nil {
						t.Fatal(err)
					}
					if got, want := !refused(t, nc, a.subject), slices.Contains(a.allowed, module); got != want {
						t.Errorf("subscribe to %s: allowed %t, want %t", a.subject, got, want)
					}
					_ = sub.Unsubscribe()
				}
			})
		}
	}
}

func TestUsers_MayAnswerWhatTheyWereAskedAndNotForEver(t *testing.T) {
	t.Parallel()
	url := startServer(t, loopback).ClientURL()
	asking, answering := rawConn(t, url, "orders"), rawConn(t, url, "catalog")
	requests, err := answering.SubscribeSync("rpc.catalog.v1.find.*")
	if err != nil {
		t.Fatal(err)
	}
	if refused(t, answering, "rpc.catalog.v1.find.*") {
		t.Fatal("the module may not listen to its own subject")
	}
	if err := asking.PublishRequest("rpc.catalog.v1.find.orders", "_INBOX.orders.a.b", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := requests.NextMsg(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	for i := range 17 { // as often as a route table may have parts
		want := i == 16
		if err := answering.Publish("_INBOX.orders.a.b", nil); err != nil {
			t.Fatal(err)
		}
		if got := refused(t, answering, "_INBOX.orders.a.b"); got != want {
			t.Errorf("answer %d: refused %t, want %t", i+1, got, want)
		}
	}
}

func TestUsers_RefusesNamesThatWouldBeWildcards(t *testing.T) {
	t.Parallel()
	for _, g := range []rpc.Graph{{"*": {}}, {"orders": {">"}}, {"or ders": {}}, {"orders": {"a*.find"}}} {
		if got, err := bus.Users(root(), g, ""); err == nil {
			t.Errorf("graph %v: got users %v, want an error", g, got)
		}
	}
}

func TestUsers_DependOnTheGraphAlone(t *testing.T) {
	t.Parallel()
	got := users(t)[2]
	want := bus.User{
		Module: "ledger", PublicKey: got.PublicKey,
		Publish: []string{"_INBOX.edge.ledger.>", "evt.ledger", "evt.ledger.epoch", "rpc.orders.*.feed.ledger", "sys.up"},
		Subscribe: []string{
			"$SRV.INFO", "$SRV.INFO.ledger", "$SRV.INFO.ledger.*", "$SRV.PING", "$SRV.PING.ledger", "$SRV.PING.ledger.*",
			"$SRV.STATS", "$SRV.STATS.ledger", "$SRV.STATS.ledger.*",
			"_INBOX.ledger.>", "evt.orders", "evt.orders.epoch", "http.ledger.>", "rpc.ledger.>", "sys.up",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
