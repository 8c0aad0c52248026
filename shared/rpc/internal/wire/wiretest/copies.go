package wiretest

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"
	"time"

	json "github.com/go-json-experiment/json/v1"

	"github.com/gatehouse-auth/gatehouse/shared/rpc/internal/wire"
)

// Copies fails the test unless copies of random values of the type are what encoding/json
// makes of them, and share no memory with them.
func Copies(t testing.TB, of reflect.Type) {
	t.Helper()
	duplicate := wire.CopierOf(of)
	if duplicate == nil {
		return
	}
	const seed, values = 1, 500
	random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // the same values each time
	for range values {
		from, want, got := reflect.New(of), reflect.New(of), reflect.New(of)
		fill(random, from.Elem(), 0)
		text, wantErr := json.Marshal(from.Elem().Interface())
		if wantErr == nil {
			wantErr = json.Unmarshal(text, want.Interface())
		}
		if err := duplicate(got.Interface(), from.Elem().Interface()); (err == nil) != (wantErr == nil) {
			t.Fatalf("copy of %+v: %v; encoding/json says %v", from.Elem(), err, wantErr)
		}
		if wantErr == nil && !reflect.DeepEqual(got.Interface(), want.Interface()) {
			t.Fatalf("copy of %#v:\n%#v, not\n%#v", from.Elem(), got.Elem(), want.Elem())
		}
		if path := shared(from.Elem(), got.Elem(), of.String()); path != "" {
			t.Fatalf("%s is shared with the copy", path)
		}
	}
}

// fill gives v a random value, odd ones among them.
func fill(random *rand.Rand, v reflect.Value, depth int) {
	if special(random, v) {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(random.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(pick(random, 0, 1, -1, int64(random.Uint64())) << random.IntN(2)) //nolint:gosec // any value will do
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(pick(random, 0, 1, random.Uint64()))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(pick(random, 0, math.Copysign(0, -1), 0.1, random.NormFloat64(), 1e300, pick(random, 2, math.NaN(), math.Inf(1))))
	case reflect.String:
		v.SetString(pick(random, "", "a", "Grüße, \u2028 世界 <&>", "\"\\\x00", pick(random, "b", "\xff\xfe bad \xc3")))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(random, v.Field(i), depth)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(random, v.Index(i), depth)
		}
	default:
		fillReference(random, v, depth+1)
	}
}

const deepest = 5

func fillReference(random *rand.Rand, v reflect.Value, depth int) {
	if depth > deepest || random.IntN(3) == 0 {
		return
	}
	size := random.IntN(3)
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(random, v.Elem(), depth)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), size, size+1))
		for i := range size {
			fill(random, v.Index(i), depth)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range size {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(random, key, depth)
			fill(random, value, depth)
			v.SetMapIndex(key, value)
		}
	}
}

// special fills types that have a form of their own in JSON.
func special(random *rand.Rand, v reflect.Value) bool {
	now := time.Now()
	switch to := v.Addr().Interface().(type) {
	case *time.Time:
		*to = pick(random, time.Time{}, now, now.UTC(), time.Unix(7, 8).UTC(), time.Unix(7, 0).In(time.FixedZone("x", 3600)), time.Time{}.In(time.Local),
			pick(random, now, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)))
	case *json.RawMessage:
		*to = pick(random, nil, json.RawMessage{}, json.RawMessage("null"), json.RawMessage(` {"a": ["<"]} `), pick(random, json.RawMessage("1"), json.RawMessage("{")))
	case *json.Number:
		*to = pick(random, "", "1.50", pick(random, json.Number("7"), "x"))
	case *netip.Addr:
		*to = pick(random, netip.Addr{}, netip.IPv6Unspecified())
	default:
		return false
	}
	return true
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

// shared returns the path of something that both values lead to, if any.
func shared(a, b reflect.Value, path string) string {
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return ""
		}
		if a.Pointer() == b.Pointer() && a.Type().Elem().Size() > 0 {
			return path
		}
		return shared(a.Elem(), b.Elem(), path)
	case reflect.Map:
		if !a.IsNil() && a.Pointer() == b.Pointer() {
			return path
		}
		for _, key := range b.MapKeys() {
			if in := a.MapIndex(key); in.IsValid() {
				if found := shared(in, b.MapIndex(key), path+"[]"); found != "" {
					return found
				}
			}
		}
	case reflect.Slice:
		if a.Cap() > 0 && a.Type().Elem().Size() > 0 && a.Pointer() == b.Pointer() {
			return path
		}
		return sharedElements(a, b, path)
	case reflect.Array:
		return sharedElements(a, b, path)
	case reflect.Struct:
		if wire.MarshalsItself(a.Type()) { // what it holds is its own affair
			return ""
		}
		for i := range a.NumField() {
			if found := shared(a.Field(i), b.Field(i), path+"."+a.Type().Field(i).Name); found != "" {
				return found
			}
		}
	}
	return ""
}

func sharedElements(a, b reflect.Value, path string) string {
	for i := range min(a.Len(), b.Len()) {
		if found := shared(a.Index(i), b.Index(i), path+"[]"); found != "" {
			return found
		}
	}
	return ""
}
