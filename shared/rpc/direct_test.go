package rpc_test

import (
	"context"
	"testing"
	"time"
	"unsafe"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// A caller that got its types wrong in a call of Invoke by hand must not crash the server.
func TestDirect_RefusesForeignTypes(t *testing.T) {
	t.Parallel()
	swap := rpc.Method[int, int]{Service: "catalog", Name: "swap", Major: 1, Timeout: time.Second}
	caller := rpc.NewDirect(newServer(t, swap.Handle(func(_ context.Context, in int) (int, error) { return -in, nil })))
	var out int
	var other string
	if err := caller.Invoke(t.Context(), swap.Desc(), "seven", &out); fault.KindOf(err) != fault.Internal {
		t.Errorf("a string for an int: got %v", err)
	}
	if err := caller.Invoke(t.Context(), swap.Desc(), 7, &other); fault.KindOf(err) != fault.Internal {
		t.Errorf("an int wanted as a string: got %v", err)
	}
	if err := caller.Invoke(t.Context(), swap.Desc(), 7, &out); err != nil || out != -7 {
		t.Errorf("got %d, %v", out, err)
	}
}

// The price of a call in one process depends on it.
func TestDirect_CopiesNothingThatCannotBeShared(t *testing.T) {
	t.Parallel()
	isbn := string([]byte("0-13-110362-8"))
	var inside *byte
	direct := rpc.NewDirect(newServer(t, find.Handle(func(_ context.Context, in findIn) (findOut, error) {
		inside = unsafe.StringData(in.ISBN)
		return findOut{Title: in.ISBN}, nil
	})))
	out, err := find.Call(t.Context(), direct, findIn{ISBN: isbn})
	if err != nil {
		t.Fatal(err)
	}
	if inside != unsafe.StringData(isbn) {
		t.Error("the request was copied")
	}
	if unsafe.StringData(out.Title) != unsafe.StringData(isbn) {
		t.Error("the answer was copied")
	}
}

// shout changes on its way through JSON, as a type that marshals itself may.
type shout string

func (s shout) MarshalText() ([]byte, error) { return []byte(string(s) + "!"), nil }

func (s *shout) UnmarshalText(text []byte) error {
	*s = shout(text)
	return nil
}

func TestDirect_SendsTypesWithAFormOfTheirOwnThroughIt(t *testing.T) {
	t.Parallel()
	type said struct {
		Words shout `json:"words"`
	}
	m := rpc.Method[said, said]{Service: "catalog", Name: "say", Major: 1, Timeout: time.Second}
	server := newServer(t, m.Handle(func(_ context.Context, in said) (said, error) { return in, nil }))
	for shape, caller := range map[string]rpc.Caller{"direct": rpc.NewDirect(server), "codec": rpc.NewCodec(server, false)} {
		if got, err := m.Call(t.Context(), caller, said{"ho"}); err != nil || got.Words != "ho!!" {
			t.Errorf("%s: got %q, %v; want it changed once on each way", shape, got.Words, err)
		}
	}
}
