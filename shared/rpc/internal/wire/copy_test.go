package wire_test

import (
	"net/netip"
	"reflect"
	"strconv"
	"testing"
	"time"

	json "github.com/go-json-experiment/json/v1"

	"github.com/gatehouse-auth/gatehouse/shared/rpc/internal/wire"
	"github.com/gatehouse-auth/gatehouse/shared/rpc/internal/wire/wiretest"
)

// level marshals itself, and its zero value does not survive it.
type level int

func (l level) MarshalText() ([]byte, error) { return []byte(strconv.Itoa(int(l) + 1)), nil }

func (l *level) UnmarshalText(text []byte) (err error) {
	number, err := strconv.Atoi(string(text))
	*l = level(number)
	return err
}

// byPointer marshals itself only where it can be addressed.
type byPointer struct {
	Text string `json:"text"`
}

func (b *byPointer) MarshalText() ([]byte, error) { return []byte("p" + b.Text), nil }

func (b *byPointer) UnmarshalText(text []byte) error {
	b.Text = string(text)
	return nil
}

// readsOnly has a form of its own in one direction.
type readsOnly string

func (r *readsOnly) UnmarshalJSON(text []byte) error {
	*r = readsOnly("read " + string(text))
	return nil
}

type yes struct {
	No bool `json:"no"`
}

func (yes) IsZero() bool { return true }

type tree struct {
	Name  string          `json:"name"`
	Below []tree          `json:"below"`
	Above *tree           `json:"above"`
	Named map[string]tree `json:"named,omitempty"`
}

type plain struct {
	Bool    bool           `json:"bool"`
	Int     int64          `json:"int"`
	Small   uint8          `json:"small"`
	Float   float64        `json:"float"`
	Single  float32        `json:"single"`
	String  string         `json:"string"`
	Bytes   []byte         `json:"bytes"`
	Strings []string       `json:"strings"`
	Array   [2]*int        `json:"array"`
	None    [0][]int       `json:"none"`
	Map     map[string]int `json:"map"`
	Empty   struct{}       `json:"empty"`
}

func TestCopierOf_MakesWhatJSONMakes(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]reflect.Type{
		"plain values": reflect.TypeFor[plain](),
		"pointers": reflect.TypeFor[struct {
			One  *string          `json:"one"`
			Two  **[]int          `json:"two"`
			Maps **map[string]int `json:"maps,omitempty"`
			At   *time.Time       `json:"at"`
			Raw  *json.RawMessage `json:"raw"`
			Deep []***plain       `json:"deep"`
		}](),
		"maps": reflect.TypeFor[map[string]map[string]*[]plain](),
		"what is left out": reflect.TypeFor[struct {
			Slice   []int           `json:"slice,omitempty"`
			Map     map[string]bool `json:"map,omitempty"`
			Pointer *[]int          `json:"pointer,omitempty"`
			Float   float64         `json:"float,omitempty"`
			Raw     json.RawMessage `json:"raw,omitempty"`
			Level   level           `json:"level,omitempty"`
			At      time.Time       `json:"at,omitempty"`
			ZeroAt  time.Time       `json:"zero_at,omitzero"`
			Zero    level           `json:"zero,omitzero"`
			Slices  [][]int         `json:"slices,omitzero"`
			Both    []string        `json:"both,omitempty,omitzero"`
		}](),
		"forms of their own": reflect.TypeFor[struct {
			At     time.Time            `json:"at"`
			Raw    json.RawMessage      `json:"raw"`
			Number json.Number          `json:"number"`
			Addr   netip.Addr           `json:"addr"`
			Level  level                `json:"level"`
			Levels map[string]level     `json:"levels"`
			Times  []time.Time          `json:"times"`
			Byname map[string]time.Time `json:"by_name"`
		}](),
		"a form for pointers only": reflect.TypeFor[struct {
			Alone byPointer   `json:"alone"`
			Many  []byPointer `json:"many"`
		}](),
		"a pointer with a form": reflect.TypeFor[struct {
			One *byPointer `json:"one"`
		}](),
		"a form to read": reflect.TypeFor[[]readsOnly](),
		"keys that read": reflect.TypeFor[map[readsKey]int](),
		"its own zero": reflect.TypeFor[struct {
			Yes  yes   `json:"yes,omitzero"`
			List []int `json:"list"`
		}](),
		"a number as a string": reflect.TypeFor[struct {
			Quoted int   `json:"quoted,string"`
			List   []int `json:"list"`
		}](),
		"a tree": reflect.TypeFor[tree](),
		"a time": reflect.TypeFor[time.Time](),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wiretest.Copies(t, of)
		})
	}
}

// readsKey is a key with a form of its own in one direction.
type readsKey string

func (r *readsKey) UnmarshalText(text []byte) error {
	*r = readsKey("key " + string(text))
	return nil
}

func TestCopierOf_CopiesNothingWithoutReferences(t *testing.T) {
	t.Parallel()
	type point struct {
		Name string `json:"name"`
		X    [2]int `json:"x"`
	}
	if wire.CopierOf(reflect.TypeFor[point]()) != nil {
		t.Error("a point needs no copy")
	}
}

func TestCopierOf_LeavesNothingSharedAfterAnError(t *testing.T) {
	t.Parallel()
	type in struct {
		List []float64       `json:"list"`
		Raw  json.RawMessage `json:"raw"`
	}
	var out in
	err := wire.CopierOf(reflect.TypeFor[in]())(&out, in{List: []float64{1}, Raw: json.RawMessage("{")})
	if err == nil || out.List != nil || out.Raw != nil {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestCopierOf_RefusesForeignValues(t *testing.T) {
	t.Parallel()
	duplicate := wire.CopierOf(reflect.TypeFor[[]int]())
	var out []int
	for name, err := range map[string]error{
		"nil": duplicate(&out, nil), "nowhere": duplicate(nil, []int{1}), "a nil pointer": duplicate((*[]int)(nil), []int{1}),
		"strings": duplicate(&out, []string{"1"}), "to a value": duplicate(out, []int{1}),
	} {
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// The copy is on the way of every call in one process.
func TestCopierOf_AllocatesWhatItCopiesOnly(t *testing.T) { //nolint:paralleltest // AllocsPerRun forbids it
	type in struct {
		Name string    `json:"name"`
		Tags []string  `json:"tags"`
		At   time.Time `json:"at"`
	}
	duplicate := wire.CopierOf(reflect.TypeFor[in]())
	var from any = in{Name: "x", Tags: []string{"a", "b"}, At: time.Now().UTC()}
	var out in
	if allocs := testing.AllocsPerRun(100, func() { _ = duplicate(&out, from) }); allocs > 2 {
		t.Errorf("%v allocations", allocs)
	}
}
