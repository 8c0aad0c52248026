package wire

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"

	json "github.com/go-json-experiment/json/v1"
)

// MarshalsItself reports whether a type brings its own JSON form, such as time.Time
// and json.RawMessage.
func MarshalsItself(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// readsItself reports whether a type can read back a JSON form of its own.
func readsItself(t reflect.Type) bool {
	if t.Kind() != reflect.Pointer {
		t = reflect.PointerTo(t)
	}
	return t.Implements(reflect.TypeFor[json.Unmarshaler]()) || t.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// Check refuses a type that holds what JSON would drop or could not carry. The path names
// it in the error.
func Check(t reflect.Type, path string) error { return check(t, path, map[reflect.Type]bool{}) }

func check(t reflect.Type, path string, seen map[reflect.Type]bool) error {
	if seen[t] {
		return nil
	}
	seen[t] = true
	if MarshalsItself(t) {
		if !readsItself(t) {
			return fmt.Errorf("%s writes its own JSON and cannot read it", path)
		}
		return nil
	}
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.Interface, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128, reflect.Uintptr:
		return fmt.Errorf("%s is a %s, which cannot cross a wire", path, t.Kind())
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return check(t.Elem(), path+"[]", seen)
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return fmt.Errorf("%s is a map whose keys are not strings", path)
		}
		return check(t.Elem(), path+"[]", seen)
	case reflect.Struct:
		return checkFields(t, path, seen)
	}
	return nil
}

// checkFields is check for a struct. That no two fields have one name is checked
// by go vet.
func checkFields(t reflect.Type, path string, seen map[reflect.Type]bool) error {
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
		if err := check(field.Type, where, seen); err != nil {
			return err
		}
	}
	return nil
}
