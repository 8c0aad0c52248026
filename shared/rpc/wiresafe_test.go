package rpc_test

import (
	"context"
	"encoding"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

type tree struct {
	Name  string `json:"name"`
	Below []tree `json:"below"`
	Above *tree  `json:"above"`
}

// everything is a type that may cross, with a field of each allowed kind.
type everything struct {
	Bool    bool              `json:"bool"`
	Int     int64             `json:"int"`
	Small   uint8             `json:"small"`
	Float   float64           `json:"float"`
	String  string            `json:"string"`
	Named   json.Number       `json:"named"`
	Bytes   []byte            `json:"bytes"`
	Slice   []string          `json:"slice"`
	Array   [3]int            `json:"array"`
	Map     map[string][]int  `json:"map"`
	Pointer *string           `json:"pointer"`
	Struct  struct{}          `json:"struct"`
	Tree    tree              `json:"tree"`
	Raw     json.RawMessage   `json:"raw"`
	Time    time.Time         `json:"time"`
	For     time.Duration     `json:"for"`
	Addr    netip.Addr        `json:"addr"`
	Lookup  map[string]*tree  `json:"lookup"`
	Omitted string            `json:"omitted,omitempty"`
	Zero    time.Time         `json:"zero,omitzero"`
	Texts   map[string]string `json:"texts"`
}

// registered declares a method with the type and says how its registration ended.
func registered[T any]() error {
	var errs []string
	in := rpc.Method[T, struct{}]{Service: "catalog", Name: "find", Major: 1, Timeout: time.Second}
	out := rpc.Method[struct{}, T]{Service: "catalog", Name: "find", Major: 1, Timeout: time.Second}
	_, errIn := rpc.NewServer(zerolog.Nop(), in.Handle(func(context.Context, T) (struct{}, error) { return struct{}{}, nil }))
	_, errOut := rpc.NewServer(zerolog.Nop(), out.Handle(func(context.Context, struct{}) (T, error) { var zero T; return zero, nil }))
	for _, err := range []error{errIn, errOut} {
		if err != nil {
			errs = append(errs, err.Error())
		}
	}
	switch {
	case len(errs) == 0:
		return nil
	case len(errs) == 1 || errs[0] != errs[1]:
		return errDiffers(strings.Join(errs, " | "))
	}
	return errIn
}

type errDiffers string

func (e errDiffers) Error() string { return "request and answer are judged differently: " + string(e) }

func TestNewServer_RefusesWhatCannotCrossAWire(t *testing.T) {
	t.Parallel()
	type embedded struct {
		Name string `json:"name"`
	}
	cases := map[string]struct {
		err  error
		want string // how the sentence goes on
	}{
		"a function": {registered[struct {
			F func() `json:"f"`
		}](), ".F is a func"},
		"a channel": {registered[struct {
			C chan int `json:"c"`
		}](), ".C is a chan"},
		"an interface": {registered[struct {
			A any `json:"a"`
		}](), ".A is a interface"},
		"an error": {registered[struct {
			E error `json:"e"`
		}](), ".E is a interface"},
		"a marshaling interface": {registered[struct {
			M json.Marshaler `json:"m"`
		}](), ".M writes its own JSON and cannot read it"},
		"another such interface": {registered[struct {
			M encoding.TextMarshaler `json:"m"`
		}](), ".M writes its own JSON and cannot read it"},
		"a context": {registered[struct {
			C context.Context `json:"c"`
		}](), ".C is a interface"},
		"an unsafe pointer": {registered[struct {
			U unsafe.Pointer `json:"u"`
		}](), ".U is a unsafe.Pointer"},
		"an address": {registered[struct {
			U uintptr `json:"u"`
		}](), ".U is a uintptr"},
		"a complex number": {registered[struct {
			C complex128 `json:"c"`
		}](), ".C is a complex128"},
		"a small complex number": {registered[struct {
			C complex64 `json:"c"`
		}](), ".C is a complex64"},
		"an unexported field": {registered[struct{ secret string }](), ".secret is unexported"},
		"a hidden field": {registered[struct {
			Hash string `json:"-"`
		}](), ".Hash is hidden from JSON"},
		"a field without a name": {registered[struct{ Name string }](), ".Name has no json name"},
		"options without a name": {registered[struct {
			Name string `json:",omitempty"`
		}](), ".Name has no json name"},
		"an embedded struct": {registered[struct{ embedded }](), ".embedded is unexported"},
		"numbers as keys":    {registered[map[int]string](), " is a map whose keys are not strings"},
		"structs as keys":    {registered[map[struct{}]string](), " is a map whose keys are not strings"},
		"deep in a slice": {registered[struct {
			L []struct {
				F func() `json:"f"`
			} `json:"l"`
		}](), ".L[].F is a func"},
		"deep in a map": {registered[struct {
			M map[string][2]chan int `json:"m"`
		}](), ".M[][] is a chan"},
		"deep behind a pointer": {registered[struct {
			P **any `json:"p"`
		}](), ".P[][] is a interface"},
		"a secret, which redacts": {registered[struct {
			Key secret.Text `json:"key"`
		}](), ".Key writes its own JSON and cannot read it"},
		"an interface alone": {registered[any](), " is a interface"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.err == nil || !strings.Contains(c.err.Error(), c.want) || !strings.Contains(c.err.Error(), "catalog.v1.find") {
				t.Errorf("got %v, want the method and %q", c.err, c.want)
			}
		})
	}
}

func TestNewServer_TakesWhatCanCross(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"a field of each kind": registered[everything](), "a tree": registered[tree](), "nothing": registered[struct{}](),
		"a string": registered[string](), "a slice": registered[[]everything](), "a pointer": registered[*tree](), "a map": registered[map[string]tree](),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
