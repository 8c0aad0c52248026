package wire

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	json "github.com/go-json-experiment/json/v1"
)

// Copier sets what to points at to a copy of from: what encoding/json would make of it,
// sharing no memory with it.
type Copier func(to, from any) error

// CopierOf plans how values of a type that passes Check are copied. It is nil for types
// without references: assigning them is enough. What the plan does not cover goes through
// encoding/json itself.
func CopierOf(t reflect.Type) Copier {
	if !holdsReferences(t) {
		return nil
	}
	p := planner{}
	separate := p.plan(t)
	if p.beyond {
		return throughCodec
	}
	return func(to, from any) error {
		source, target := reflect.ValueOf(from), reflect.ValueOf(to)
		if !source.IsValid() || source.Type() != t || !target.IsValid() || target.Type() != reflect.PointerTo(t) || target.IsNil() {
			return fmt.Errorf("copy a %T to a %T: want a %s", from, to, t)
		}
		target.Elem().Set(source)
		if err := separate(target.Elem()); err != nil {
			target.Elem().SetZero() // it shares memory still
			return err
		}
		return nil
	}
}

// separation makes a settable value that was assigned from another independent of it. It
// is nil for types whose values always are.
type separation func(reflect.Value) error

// planner makes separations. Beyond it are types whose form in JSON depends on where they
// stand, or that contain themselves and so might never end.
type planner struct {
	parents []reflect.Type
	beyond  bool
}

var (
	timeType   = reflect.TypeFor[time.Time]()
	numberType = reflect.TypeFor[json.Number]()
)

func (p *planner) plan(t reflect.Type) separation {
	switch {
	case t == timeType:
		return separateTime
	case t.Kind() == reflect.Pointer && t.Elem() != timeType && MarshalsItself(t), t.Kind() != reflect.Pointer && MarshalsItself(t), t == numberType:
		return leaf
	case t.Kind() != reflect.Pointer && (MarshalsItself(reflect.PointerTo(t)) || readsItself(t)), slices.Contains(p.parents, t):
		p.beyond = true
		return nil
	}
	p.parents = append(p.parents, t)
	defer func() { p.parents = p.parents[:len(p.parents)-1] }()
	switch t.Kind() {
	case reflect.Float32, reflect.Float64:
		return separateFloat
	case reflect.String:
		return separateString
	case reflect.Pointer:
		return separatePointer(t.Elem(), p.plan(t.Elem()))
	case reflect.Slice:
		return separateSlice(t, p.plan(t.Elem()))
	case reflect.Array:
		return separateArray(p.plan(t.Elem()))
	case reflect.Map:
		p.beyond = p.beyond || readsItself(t.Key())
		return separateMap(t, p.plan(t.Elem()))
	case reflect.Struct:
		return p.planStruct(t)
	}
	return nil
}

func (p *planner) planStruct(t reflect.Type) separation {
	type field struct {
		index    int
		separate separation
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		separate := p.plan(f.Type)
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "":
			case "omitempty":
				separate = unless(isEmpty, separate)
			case "omitzero":
				p.beyond = p.beyond || f.Type != timeType && hasOwnZero(f.Type)
				separate = unless(isZero, separate)
			default:
				p.beyond = true
			}
		}
		if separate != nil {
			fields = append(fields, field{i, separate})
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return func(v reflect.Value) error {
		for _, f := range fields {
			if err := f.separate(v.Field(f.index)); err != nil {
				return err
			}
		}
		return nil
	}
}

// unless leaves the zero value where JSON leaves out the field.
func unless(leftOut func(reflect.Value) bool, separate separation) separation {
	if separate == nil {
		return nil
	}
	return func(v reflect.Value) error {
		if leftOut(v) {
			v.SetZero()
			return nil
		}
		return separate(v)
	}
}

// isEmpty is what encoding/json calls empty.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// isZero is what encoding/json calls zero. Of the types with a notion of their own, only
// time.Time is planned for.
func isZero(v reflect.Value) bool {
	if v.Type() == timeType {
		at, ok := v.Addr().Interface().(*time.Time)
		return ok && at.IsZero()
	}
	return v.IsZero()
}

func hasOwnZero(t reflect.Type) bool {
	own := reflect.TypeFor[interface{ IsZero() bool }]()
	return t.Implements(own) || reflect.PointerTo(t).Implements(own)
}

// separatePointer copies what the pointer leads to. JSON has one null for all levels.
func separatePointer(elem reflect.Type, separate separation) separation {
	nullable := elem.Kind() == reflect.Pointer || elem.Kind() == reflect.Slice || elem.Kind() == reflect.Map
	return func(v reflect.Value) error {
		if v.IsNil() {
			return nil
		}
		fresh := reflect.New(elem)
		fresh.Elem().Set(v.Elem())
		v.Set(fresh)
		if separate != nil {
			if err := separate(fresh.Elem()); err != nil {
				return err
			}
		}
		if nullable && fresh.Elem().IsNil() {
			v.SetZero()
		}
		return nil
	}
}

func separateSlice(t reflect.Type, separate separation) separation {
	each := separateArray(separate)
	return func(v reflect.Value) error {
		if v.IsNil() {
			return nil
		}
		fresh := reflect.MakeSlice(t, v.Len(), v.Len())
		reflect.Copy(fresh, v)
		v.Set(fresh)
		if each == nil {
			return nil
		}
		return each(v)
	}
}

// separateArray goes over the elements of an array or of a slice that is separate itself.
func separateArray(separate separation) separation {
	if separate == nil {
		return nil
	}
	return func(v reflect.Value) error {
		for i := range v.Len() {
			if err := separate(v.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}
}

func separateMap(t reflect.Type, separate separation) separation {
	return func(v reflect.Value) error {
		if v.IsNil() {
			return nil
		}
		fresh := reflect.MakeMapWithSize(t, v.Len())
		for entry := v.MapRange(); entry.Next(); {
			if !utf8.ValidString(entry.Key().String()) {
				return leaf(v)
			}
			value := reflect.New(t.Elem()).Elem()
			value.Set(entry.Value())
			if separate != nil {
				if err := separate(value); err != nil {
					return err
				}
			}
			fresh.SetMapIndex(entry.Key(), value)
		}
		v.Set(fresh)
		return nil
	}
}

// separateString lets encoding/json replace what is not UTF-8.
func separateString(v reflect.Value) error {
	if utf8.ValidString(v.String()) {
		return nil
	}
	return leaf(v)
}

// separateFloat lets encoding/json refuse what is not a number.
func separateFloat(v reflect.Value) error {
	if f := v.Float(); !math.IsNaN(f) && !math.IsInf(f, 0) {
		return nil
	}
	return leaf(v)
}

// separateTime drops the monotonic part. Zones other than UTC keep their offset only.
func separateTime(v reflect.Value) error {
	at, ok := v.Addr().Interface().(*time.Time)
	if !ok || at.Location() != time.UTC || at.Year() < 0 || at.Year() > 9999 {
		return leaf(v)
	}
	*at = at.UTC()
	return nil
}

// leaf sends one value through encoding/json.
func leaf(v reflect.Value) error {
	fresh := reflect.New(v.Type())
	if err := throughCodec(fresh.Interface(), v.Interface()); err != nil {
		return err
	}
	v.Set(fresh.Elem())
	return nil
}

func throughCodec(to, from any) error {
	encoded, err := json.Marshal(from)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if err := json.Unmarshal(encoded, to); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}

// holdsReferences reports whether copying a value of type t would share memory, or
// keep what a wire would drop (a time's monotonic part).
func holdsReferences(t reflect.Type) bool {
	if MarshalsItself(t) {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return true
	case reflect.Array:
		return holdsReferences(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if holdsReferences(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}
