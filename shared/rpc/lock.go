package rpc

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/rpc/internal/wire"
)

// Lock writes a contract down as text, one line for each method and field, ordered.
// A contract package keeps it in contract.lock beside its code.
func Lock(methods []Desc) string {
	var lines []string
	for _, d := range methods {
		lines = append(lines, fmt.Sprintf("method %s timeout=%s idempotent=%t", d.Key(), d.Timeout, d.Idempotent))
		lines = append(lines, lockType(d.Key()+" in", d.In, nil)...)
		lines = append(lines, lockType(d.Key()+" out", d.Out, nil)...)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

// lockType lists the fields of t that travel, below path. Types that marshal
// themselves count as one value.
func lockType(path string, t reflect.Type, parents []reflect.Type) []string {
	shape := ""
	for mark := shapeMark(t); mark != "" && !wire.MarshalsItself(t); mark = shapeMark(t) {
		shape += mark
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || wire.MarshalsItself(t) || slices.Contains(parents, t) {
		return []string{path + shape + " " + t.String()}
	}
	var lines []string
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		lines = append(lines, lockType(path+shape+"."+name, field.Type, append(parents, t))...)
	}
	return lines
}

// shapeMark says how a path goes on below a type that holds others; empty for the rest.
func shapeMark(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return "?"
	case reflect.Slice:
		return "[]"
	case reflect.Array:
		return fmt.Sprintf("[%d]", t.Len())
	case reflect.Map:
		return "{}"
	default:
		return ""
	}
}

// CheckLock reports the first line of the old lock that the new one lacks: inside a
// major version a contract changes by addition only. Timeouts may change.
func CheckLock(old, current string) error {
	have := map[string]bool{}
	for line := range strings.Lines(current) {
		have[withoutTimeout(line)] = true
	}
	for line := range strings.Lines(old) {
		if line = withoutTimeout(line); !have[line] {
			return fmt.Errorf("the contract lost %q: make a new major version of the method instead", line)
		}
	}
	return nil
}

func withoutTimeout(line string) string {
	line = strings.TrimSpace(line)
	before, after, found := strings.Cut(line, " timeout=")
	if !found {
		return line
	}
	_, after, _ = strings.Cut(after, " ")
	return before + " " + after
}
