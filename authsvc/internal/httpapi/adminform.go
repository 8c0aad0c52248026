package httpapi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const errForm = "Invalid input"

// coercible takes everything that is there: the protocol makes a text of it.
func coercible(_ any, given bool) string {
	if !given {
		return "Invalid input: expected nonoptional, received undefined"
	}
	return ""
}

// coerced returns the text that JavaScript makes of a decoded JSON value.
func coerced(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case nil:
		return "null"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case []any:
		parts := make([]string, 0, len(v))
		for _, part := range v {
			if part == nil {
				parts = append(parts, "")
			} else {
				parts = append(parts, coerced(part))
			}
		}
		return strings.Join(parts, ",")
	}
	return "[object Object]"
}

// filled takes texts that are not empty.
func filled(name string) func(any, bool) string {
	return func(value any, given bool) string {
		text, isText := value.(string)
		if !isText {
			return field{}.issue(value, given)
		}
		if text == "" {
			return name + " cannot be empty"
		}
		return ""
	}
}

// filledCoercible takes what makes a text that is not empty.
func filledCoercible(name string) func(any, bool) string {
	return func(value any, given bool) string {
		if issue := coercible(value, given); issue != "" {
			return issue
		}
		if coerced(value) == "" {
			return name + " cannot be empty"
		}
		return ""
	}
}

// textsOf returns a list of texts; false for anything else.
func textsOf(value any) ([]string, bool) {
	list, ok := value.([]any)
	if !ok {
		return nil, false
	}
	all := make([]string, 0, len(list))
	for _, entry := range list {
		text, ok := entry.(string)
		if !ok {
			return nil, false
		}
		all = append(all, text)
	}
	return all, true
}

// roleForm takes a text or a list of texts.
func roleForm(value any, _ bool) string {
	if _, ok := value.(string); ok {
		return ""
	}
	if _, ok := textsOf(value); ok {
		return ""
	}
	return errForm
}

// oneOf takes one of some texts.
func oneOf(options ...string) func(any, bool) string {
	return func(value any, _ bool) string {
		if text, ok := value.(string); ok && slices.Contains(options, text) {
			return ""
		}
		return fmt.Sprintf(`Invalid option: expected one of "%s"`, strings.Join(options, `"|"`))
	}
}

// once takes a parameter that is given once.
func once(value any, _ bool) string {
	if _, ok := value.(string); ok {
		return ""
	}
	return errForm
}

// anything takes a parameter, given however often.
func anything(any, bool) string { return "" }

// permissionForm takes a body with either of two statements.
func permissionForm(decoded any) string {
	members, ok := decoded.(map[string]any)
	if !ok {
		return "Invalid input: expected object, received " + typeName(decoded) + "; [body] " + errForm
	}
	one, other := isStatement(members["permission"]), isStatement(members["permissions"])
	switch {
	case one && other:
		return errForm + ": more than one option matched"
	case !one && !other:
		return errForm
	}
	return ""
}

// isStatement reports whether value says which actions on which resources.
func isStatement(value any) bool {
	resources, ok := value.(map[string]any)
	if !ok {
		return false
	}
	for _, actions := range resources {
		if _, ok := textsOf(actions); !ok {
			return false
		}
	}
	return true
}
