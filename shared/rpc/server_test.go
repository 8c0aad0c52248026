package rpc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

type none struct{}

func method(name string) rpc.Method[none, none] {
	return rpc.Method[none, none]{Service: "catalog", Name: name, Major: 1, Timeout: time.Second}
}

func nothing(context.Context, none) (none, error) { return none{}, nil }

func newServer(t testing.TB, handlers ...rpc.Handler) *rpc.Server {
	t.Helper()
	server, err := rpc.NewServer(zerolog.Nop(), handlers...)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func TestNewServer_RefusesMalformedMethods(t *testing.T) {
	t.Parallel()
	good := method("find")
	change := func(edit func(*rpc.Method[none, none])) rpc.Handler {
		m := good
		edit(&m)
		return m.Handle(nothing)
	}
	cases := map[string]struct {
		handlers []rpc.Handler
		want     string
	}{
		"two handlers for one method": {[]rpc.Handler{good.Handle(nothing), good.Handle(nothing)}, "two handlers for catalog.v1.find"},
		"no timeout":                  {[]rpc.Handler{change(func(m *rpc.Method[none, none]) { m.Timeout = 0 })}, "catalog.v1.find has no timeout"},
		"a timeout in the past":       {[]rpc.Handler{change(func(m *rpc.Method[none, none]) { m.Timeout = -1 })}, "catalog.v1.find has no timeout"},
		"no name":                     {[]rpc.Handler{change(func(m *rpc.Method[none, none]) { m.Name = "" })}, "not a valid method"},
		"no service":                  {[]rpc.Handler{change(func(m *rpc.Method[none, none]) { m.Service = "" })}, "not a valid method"},
		"no major":                    {[]rpc.Handler{change(func(m *rpc.Method[none, none]) { m.Major = 0 })}, "not a valid method"},
		"a dot in the name":           {[]rpc.Handler{change(func(m *rpc.Method[none, none]) { m.Name = "find.all" })}, "not a valid method"},
		"a wildcard in the name":      {[]rpc.Handler{change(func(m *rpc.Method[none, none]) { m.Name = "*" })}, "not a valid method"},
		"capitals":                    {[]rpc.Handler{change(func(m *rpc.Method[none, none]) { m.Name = "findAll" })}, "not a valid method"},
		"a line end":                  {[]rpc.Handler{change(func(m *rpc.Method[none, none]) { m.Service = "catalog\n" })}, "not a valid method"},
		"a zero Handler":              {[]rpc.Handler{{}}, "not a valid method"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := rpc.NewServer(zerolog.Nop(), c.handlers...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestServer_ServesMajorsSideBySide(t *testing.T) {
	t.Parallel()
	first := rpc.Method[none, string]{Service: "catalog", Name: "find", Major: 1, Timeout: time.Second}
	second := rpc.Method[none, string]{Service: "catalog", Name: "find", Major: 2, Timeout: time.Second}
	answer := func(text string) func(context.Context, none) (string, error) {
		return func(context.Context, none) (string, error) { return text, nil }
	}
	caller := rpc.NewDirect(newServer(t, second.Handle(answer("new")), first.Handle(answer("old"))))
	for want, m := range map[string]rpc.Method[none, string]{"old": first, "new": second} {
		if got, err := m.Call(t.Context(), caller, none{}); got != want || err != nil {
			t.Errorf("major %d answers %q, %v", m.Major, got, err)
		}
	}
}

func TestServer_ListsItsMethodsAndTheMissingOnes(t *testing.T) {
	t.Parallel()
	server := newServer(t, method("put").Handle(nothing), method("find").Handle(nothing))
	var keys []string
	for _, d := range server.Methods() {
		keys = append(keys, d.Key())
	}
	if got := strings.Join(keys, " "); got != "catalog.v1.find catalog.v1.put" {
		t.Errorf("it lists %s", got)
	}
	if d, yes := server.Missing([]rpc.Desc{method("put").Desc(), method("find").Desc()}); yes {
		t.Errorf("%s is called missing", d.Key())
	}
	if d, yes := server.Missing([]rpc.Desc{method("put").Desc(), method("burn").Desc()}); !yes || d.Key() != "catalog.v1.burn" {
		t.Errorf("got %q, %t; want catalog.v1.burn", d.Key(), yes)
	}
	second := method("find")
	second.Major = 2
	if d, yes := server.Missing([]rpc.Desc{second.Desc()}); !yes || d.Major != 2 {
		t.Errorf("got %q, %t; want major 2 to be missing", d.Key(), yes)
	}
}

func TestServer_AnswersUnimplementedForOtherMethods(t *testing.T) {
	t.Parallel()
	server := newServer(t, method("find").Handle(nothing))
	for shape, caller := range map[string]rpc.Caller{"direct": rpc.NewDirect(server), "codec": rpc.NewCodec(server, true)} {
		if _, err := method("burn").Call(t.Context(), caller, none{}); fault.KindOf(err) != fault.Unimplemented {
			t.Errorf("%s: got %v", shape, err)
		}
	}
}

func TestServer_RefusesInputThatIsNotJSON(t *testing.T) {
	t.Parallel()
	server := newServer(t, find.Handle(func(context.Context, findIn) (findOut, error) { return findOut{Title: "served"}, nil }))
	for _, request := range []string{"", "{", `{"isbn":7}`, `[]`, `{"isbn":"1"} {}`, "\xef\xbb\xbf{}"} {
		if _, err := server.ServeJSON(t.Context(), find.Desc().Key(), time.Second, []byte(request)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: got %v, want an invalid fault", request, err)
		}
	}
	// A newer caller may say more: contracts grow by addition.
	if _, err := server.ServeJSON(t.Context(), find.Desc().Key(), time.Second, []byte(`{"isbn":"1","edition":2}`)); err != nil {
		t.Errorf("an added field: %v", err)
	}
}

func TestServer_LogsOnceAndOnlyWhatNeedsAPerson(t *testing.T) {
	t.Parallel()
	outage := fault.New(fault.Unavailable, "storage", "Storage is away.")
	cases := map[string]struct {
		err  error
		want []string // in the one line; none: no line
	}{
		"a refusal":              {fault.New(fault.Denied, "no", "No.").With(errors.New("cause")), nil},
		"a wrong request":        {fault.New(fault.Invalid, "no", "No."), nil},
		"overload":               {fault.New(fault.Overloaded, "busy", "Later."), nil},
		"a timeout":              {context.DeadlineExceeded, nil},
		"a caller that left":     {context.Canceled, nil},
		"an outage further away": {outage, nil}, // logged where it happened
		"an outage here":         {outage.With(errors.New("dial 10.0.0.7")), []string{"dial 10.0.0.7", `"code":"storage"`}},
		"a bug":                  {errors.New("index out of range"), []string{"index out of range", `"code":"internal"`}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			server, err := rpc.NewServer(zerolog.New(&log), method("fail").Handle(func(context.Context, none) (none, error) {
				return none{}, fmt.Errorf("fail: %w", c.err)
			}))
			if err != nil {
				t.Fatal(err)
			}
			ctx := trace.With(t.Context(), trace.Span{RequestID: "r-1"})
			if _, err := method("fail").Call(ctx, rpc.NewDirect(server), none{}); err == nil {
				t.Fatal("no error came back")
			}
			if lines := strings.Count(log.String(), "\n"); lines != min(1, len(c.want)) {
				t.Fatalf("%d lines: %s", lines, log.String())
			}
			if len(c.want) == 0 {
				return
			}
			for _, want := range append(c.want, `"method":"catalog.v1.fail"`, `"request_id":"r-1"`, `"level":"error"`) {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the line lacks %s: %s", want, log.String())
				}
			}
		})
	}
}

func TestServer_LogsAPanicWithItsStack(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	server, err := rpc.NewServer(zerolog.New(&log), method("fall").Handle(func(context.Context, none) (none, error) { panic("out of cheese") }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := method("fall").Call(t.Context(), rpc.NewDirect(server), none{}); fault.KindOf(err) != fault.Internal {
		t.Fatalf("got %v", err)
	}
	var line struct{ Error string }
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, log.String())
	}
	if !strings.Contains(line.Error, "out of cheese") || !strings.Contains(line.Error, "server_test.go") {
		t.Errorf("the line does not say where: %s", line.Error)
	}
}

func TestServer_RunsAHandlerForTheTimeoutOfItsMethod(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context, _ none) (none, error) {
		<-ctx.Done()
		return none{}, ctx.Err()
	}
	for _, shape := range []func(*rpc.Server) rpc.Caller{
		func(s *rpc.Server) rpc.Caller { return rpc.NewDirect(s) },
		func(s *rpc.Server) rpc.Caller { return rpc.NewCodec(s, false) },
	} {
		synctest.Test(t, func(t *testing.T) {
			m := method("hang")
			m.Timeout = 90 * time.Second
			began := time.Now()
			_, err := m.Call(t.Context(), shape(newServer(t, m.Handle(hang))), none{})
			if took := time.Since(began); fault.KindOf(err) != fault.Deadline || took != m.Timeout {
				t.Errorf("got %v after %s", err, took)
			}
		})
	}
}
