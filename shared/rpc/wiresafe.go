package rpc

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// check refuses what could not be served over a wire.
func (d Desc) check() error {
	if !namePattern.MatchString(d.Service) || !namePattern.MatchString(d.Name) || d.Major < 1 {
		return fmt.Errorf("rpc: %q is not a valid method: names are lower_snake, majors start at 1", d.Key())
	}
	if d.Timeout <= 0 {
		return fmt.Errorf("rpc: %s has no timeout", d.Key())
	}
	for _, t := range []reflect.Type{d.In, d.Out} {
		if err := wireSafe(t, t.Name(), map[reflect.Type]bool{}); err != nil {
			return fmt.Errorf("rpc: %s: %w", d.Key(), err)
		}
	}
	return nil
}

// marshalsItself reports whether a type brings its own JSON form, such as time.Time
// and json.RawMessage.
func marshalsItself(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// readsItself reports whether a type can read back a JSON form of its own.
func readsItself(t reflect.Type) bool {
	if t.Kind() != reflect.Pointer {
		t = reflect.PointerTo(t)
	}
	return t.Implements(reflect.TypeFor[json.Unmarshaler]()) || t.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// wireSafe walks a type and refuses what JSON would drop or could not carry.
func wireSafe(t reflect.Type, path string, seen map[reflect.Type]bool) error {
	if seen[t] {
		return nil
	}
	seen[t] = true
	if marshalsItself(t) {
		if !readsItself(t) {
			return fmt.Errorf("%s writes its own JSON and cannot read it", path)
		}
		return nil
	}
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.Interface, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128, reflect.Uintptr:
		return fmt.Errorf("%s is a %s, which cannot cross a wire", path, t.Kind())
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return wireSafe(t.Elem(), path+"[]", seen)
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return fmt.Errorf("%s is a map whose keys are not strings", path)
		}
		return wireSafe(t.Elem(), path+"[]", seen)
	case reflect.Struct:
		return fieldsWireSafe(t, path, seen)
	}
	return nil
}

// fieldsWireSafe is wireSafe for a struct. That no two fields have one name is checked
// by go vet.
func fieldsWireSafe(t reflect.Type, path string, seen map[reflect.Type]bool) error {
	for i := range t.NumField() {
		field := t.Field(i)
		where := path + "." + field.Name
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case !field.IsExported():
			return fmt.Errorf("%s is unexported and would be lost", where)
		case name == "-":
			return fmt.Errorf("%s is hidden from JSON and would be lost", where)
		case name == "":
			return fmt.Errorf("%s has no json name", where)
		}
		if err := wireSafe(field.Type, where, seen); err != nil {
			return err
		}
	}
	return nil
}

// holdsReferences reports whether copying a value of type t would share memory, or
// keep what a wire would drop (a time's monotonic part).
func holdsReferences(t reflect.Type) bool {
	if marshalsItself(t) {
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
