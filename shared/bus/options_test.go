package bus

import "testing"

// TestServerOptions_OpenNothingElse: the bus has none of the listeners, and no store, that
// nobody here uses: their flaws are none of ours (NATS CVE-2026-27889, CVE-2019-13126,
// CVE-2026-33216, CVE-2025-30215; nats-server issue 7564).
func TestServerOptions_OpenNothingElse(t *testing.T) {
	t.Parallel()
	o, err := serverOptions(ServerConfig{Listen: "127.0.0.1:0", Users: []User{{PublicKey: "U"}}})
	if err != nil {
		t.Fatal(err)
	}
	for what, port := range map[string]int{
		"monitoring": o.HTTPPort, "monitoring over TLS": o.HTTPSPort, "WebSocket": o.Websocket.Port, "MQTT": o.MQTT.Port,
		"leaf nodes": o.LeafNode.Port, "clustering": o.Cluster.Port, "gateways": o.Gateway.Port, "profiling": o.ProfPort,
	} {
		if port != 0 {
			t.Errorf("%s listens on port %d", what, port)
		}
	}
	if o.JetStream || !o.NoSystemAccount || o.Username != "" || o.Password != "" || o.Authorization != "" || o.NoAuthUser != "" {
		t.Errorf("there is more than users with keys: %+v", o)
	}
}
