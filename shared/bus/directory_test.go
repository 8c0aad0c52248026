package bus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// run keeps a directory up to date for the test.
func run(t *testing.T, directory *bus.Directory) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- directory.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("run ended with %v", err)
		}
	})
}

// places lists what is mounted as "service METHOD path".
func places(directory *bus.Directory) []string {
	var all []string
	for _, mount := range directory.Mounts() {
		for _, route := range mount.Routes {
			all = append(all, mount.Service+" "+route.Method+" "+route.Path)
		}
	}
	return all
}

// status asks a mounted route and returns the status of the answer.
func status(t *testing.T, directory *bus.Directory, place string) int {
	t.Helper()
	for _, mount := range directory.Mounts() {
		for _, route := range mount.Routes {
			if mount.Service+" "+route.Method+" "+route.Path == place {
				w := httptest.NewRecorder()
				mount.Handler(route).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), route.Method, route.Path, nil))
				return w.Code
			}
		}
	}
	return http.StatusNotFound
}

func TestDirectory_LearnsOfServicesThatComeGoAndComeBack(t *testing.T) {
	t.Parallel()
	server := startServer(t, loopback)
	directory := connect(t, overTCP(server, edge)).Directory(bus.DirectoryConfig{Claims: map[string][]string{"orders": {"/cart"}}})
	run(t, directory)
	list := page("list", "GET", shelf+"/list", nil)
	catalog := connect(t, overTCP(server, "catalog"))
	const listed = "catalog GET " + shelf + "/list"
	first := serve(t, catalog, bus.ServiceConfig{HTTP: table(t, list)})
	heard(t, directory.Changed(), "the first service")
	if got := status(t, directory, listed); got != http.StatusOK {
		t.Fatalf("the first service: got %d", got)
	}
	serve(t, connect(t, overTCP(server, "orders")), bus.ServiceConfig{HTTP: table(t, page("cart", "GET", "/cart/{id}", nil))})
	heard(t, directory.Changed(), "the second service")
	if diff := cmp.Diff([]string{listed, "orders GET /cart/{id}"}, places(directory)); diff != "" {
		t.Fatal(diff)
	}
	stop(t, first)
	if err := directory.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	heard(t, directory.Changed(), "that the first service went")
	if got := status(t, directory, listed); got != http.StatusServiceUnavailable || !away(directory, "catalog") || away(directory, "orders") {
		t.Errorf("while the service is away: got %d, want 503; mounted are %+v", got, directory.Mounts())
	}
	serve(t, catalog, bus.ServiceConfig{HTTP: table(t, list, page("more", "GET", shelf+"/more", nil))})
	heard(t, directory.Changed(), "the new route")
	for _, place := range []string{listed, "catalog GET " + shelf + "/more"} {
		if got := status(t, directory, place); got != http.StatusOK {
			t.Errorf("%s after the restart: got %d", place, got)
		}
	}
	if away(directory, "catalog") {
		t.Error("the service is back and still called away")
	}
}

// A service that goes is called away as soon as a request misses it.
func TestDirectory_HearsOfAServiceThatWent(t *testing.T) {
	t.Parallel()
	server := startServer(t, loopback)
	directory := connect(t, overTCP(server, edge)).Directory(bus.DirectoryConfig{})
	run(t, directory)
	catalog := serve(t, connect(t, overTCP(server, "catalog")), bus.ServiceConfig{HTTP: table(t, page("list", "GET", shelf+"/list", nil))})
	heard(t, directory.Changed(), "the service")
	stop(t, catalog)
	eventually(t, "the routes answer 503", func() bool {
		return status(t, directory, "catalog GET "+shelf+"/list") == http.StatusServiceUnavailable
	})
	heard(t, directory.Changed(), "that the service went")
	if !away(directory, "catalog") {
		t.Errorf("mounted are %+v", directory.Mounts())
	}
}

func away(d *bus.Directory, service string) bool {
	return slices.ContainsFunc(d.Mounts(), func(m httpx.Mount) bool { return m.Service == service && m.Away })
}

func TestDirectory_SurvivesTheBus(t *testing.T) {
	t.Parallel()
	server, again := restartable(t)
	directory := connect(t, overTCP(server, edge)).Directory(bus.DirectoryConfig{})
	serve(t, connect(t, overTCP(server, "catalog")), bus.ServiceConfig{HTTP: table(t, page("list", "GET", shelf+"/list", nil))})
	run(t, directory)
	heard(t, directory.Changed(), "the service")
	const listed = "catalog GET " + shelf + "/list"
	server.Shutdown()
	eventually(t, "the outage shows", func() bool { return status(t, directory, listed) == http.StatusServiceUnavailable })
	if err := directory.Refresh(t.Context()); err == nil {
		t.Error("a refresh without the bus succeeded")
	}
	again()
	eventually(t, "the route answers again", func() bool { return status(t, directory, listed) == http.StatusOK })
}

func TestDirectory_KeepsAllRowsOfALongTable(t *testing.T) {
	t.Parallel()
	server := startServer(t, "")
	var routes []httpx.Route
	for i := range 40 { // 40 rows of 30 KB are more than one answer of $SRV.INFO carries
		route := page(fmt.Sprintf("row-%02d", i), "GET", fmt.Sprintf("%s/rows/%02d", shelf, i), nil)
		route.Doc.Response = longSchema(30 << 10)
		routes = append(routes, route)
	}
	built := table(t, routes...)
	serve(t, connect(t, inProcess(server, "catalog")), bus.ServiceConfig{HTTP: built})
	directory := connect(t, inProcess(server, edge)).Directory(bus.DirectoryConfig{})
	want := built.Routes()
	eventually(t, "all rows arrive", func() bool { // at once, but for a machine that is too busy to answer in time
		err := directory.Refresh(t.Context())
		return err == nil && len(places(directory)) == len(want)
	})
	got := directory.Mounts()[0].Routes
	for i := range want {
		sent := want[i]
		sent.Handle = nil // does not travel
		if !reflect.DeepEqual(sent, got[i]) {
			t.Errorf("row %s changed on the way", sent.ID)
		}
	}
	if len(directory.Changed()) != 1 {
		t.Error("the change was not announced")
	}
	<-directory.Changed()
	if err := directory.Refresh(t.Context()); err != nil || len(directory.Changed()) != 0 {
		t.Errorf("a refresh that found nothing new announced a change (%v)", err)
	}
}

// forge answers the edge's questions as if the module were another service.
func forge(t *testing.T, nc *nats.Conn, as string, route httpx.Route) {
	t.Helper()
	row, err := json.Marshal(route)
	if err != nil {
		t.Fatal(err)
	}
	identity := micro.ServiceIdentity{Name: as, ID: "forged", Version: "1.0.0", Metadata: map[string]string{"started": "9999999999999"}}
	ping, err := json.Marshal(micro.Ping{ServiceIdentity: identity, Type: micro.PingResponseType})
	if err != nil {
		t.Fatal(err)
	}
	info, err := json.Marshal(micro.Info{ServiceIdentity: identity, Type: micro.InfoResponseType, Endpoints: []micro.EndpointInfo{
		{Name: route.ID, Subject: "http." + as + "." + route.ID, Metadata: map[string]string{"route": string(row)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for subject, text := range map[string][]byte{"$SRV.PING": ping, "$SRV.INFO": info, "$SRV.INFO.ledger": info} {
		if _, err := nc.Subscribe(subject, func(m *nats.Msg) { _ = m.Respond(text) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
}

// A module that speaks for another one is not believed: only the service itself hears the
// question that its routes are read from.
func TestDirectory_BelievesAServiceOnlyAboutItself(t *testing.T) {
	t.Parallel()
	server := startServer(t, loopback)
	own := page("list", "GET", shelf+"/list", nil)
	own.Guard = httpx.Permission("catalog:read")
	serve(t, connect(t, overTCP(server, "catalog")), bus.ServiceConfig{HTTP: table(t, own)})
	forged := page("list", "GET", shelf+"/list", nil)
	forged.MaxBody, forged.Timeout = 1, time.Second
	forge(t, rawConn(t, server.ClientURL(), "ledger"), "catalog", forged)
	directory := connect(t, overTCP(server, edge)).Directory(bus.DirectoryConfig{})
	if err := directory.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	mounts := directory.Mounts()
	if len(mounts) != 1 || len(mounts[0].Routes) != 1 || mounts[0].Routes[0].Guard != own.Guard {
		t.Fatalf("a forged row was mounted: %+v", mounts)
	}
}

func TestDirectory_RefusesRoutesOutsideOfTheClaims(t *testing.T) {
	t.Parallel()
	server := startServer(t, "")
	var out lockedBuffer
	cfg := inProcess(server, edge)
	cfg.Log = zerolog.New(&out)
	serve(t, connect(t, inProcess(server, "catalog")), bus.ServiceConfig{HTTP: table(t,
		page("capture", "POST", "/oauth2/token", nil), page("list", "GET", shelf+"/list", nil))})
	serve(t, connect(t, inProcess(server, "orders")), bus.ServiceConfig{HTTP: table(t, page("cart", "GET", "/api/v1/orders/cart", nil))})
	directory := connect(t, cfg).Directory(bus.DirectoryConfig{Except: []string{"orders"}})
	for range 2 {
		if err := directory.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"catalog GET " + shelf + "/list"}, places(directory)); diff != "" {
		t.Error(diff)
	}
	if got := strings.Count(out.String(), "/oauth2/token"); got != 1 {
		t.Errorf("the refusal was logged %d times, want once: %s", got, out.String())
	}
}

func TestDirectory_IsForTheEdgeOnly(t *testing.T) {
	t.Parallel()
	server := startServer(t, "")
	serve(t, connect(t, inProcess(server, "catalog")), bus.ServiceConfig{HTTP: table(t, page("list", "GET", shelf+"/list", nil))})
	directory := connect(t, inProcess(server, "ledger")).Directory(bus.DirectoryConfig{})
	if err := directory.Refresh(t.Context()); err == nil && len(directory.Mounts()) > 0 {
		t.Errorf("a module that is not the edge learned %v", places(directory))
	}
}
