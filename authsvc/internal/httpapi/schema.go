package httpapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// kind is what a field must be.
type kind int

const (
	text     kind = iota // any string
	nonEmpty             // a string of at least one character
	email                // an e-mail address
	boolean
	number
	choice // one of the field's options
	list   // of strings
	record // an object with any members
	texts  // an object whose members are strings
	object // an object with the members that the field names
)

// field is one member of a body or one parameter of a query.
type field struct {
	name     string
	kind     kind
	optional bool
	nullable bool                               // null is as good
	members  []field                            // of an object
	message  string                             // instead of those of the kind
	refuse   func(map[string]any) string        // what is wrong with a record or texts, beside their shape; "" for nothing
	judge    func(value any, given bool) string // in place of the kind: what is wrong, "" for nothing
	options  []string                           // of a choice
}

// schema is what a body or a query must look like. Members that it does not name are
// ignored. All faults are reported, in the order of the fields.
type schema struct {
	fields   []field
	anything bool // the body is called a record; its fields are judged after the session is
	record   bool // the endpoint keeps unknown members too, which doubles one message
	optional bool // there may be no body at all
	// either judges the whole in place of the fields: a choice between several schemas.
	either func(decoded any) string
}

// values are the members of a decoded body or query.
type values map[string]any

func (v values) text(name string) string {
	s, _ := v[name].(string)
	return s
}

// optional returns a text member, nil if there is none.
func (v values) optional(name string) *string {
	if s, ok := v[name].(string); ok {
		return &s
	}
	return nil
}

// removable returns a text member, the empty text for null, and nil if there is none.
func (v values) removable(name string) *string {
	if value, given := v[name]; given && value == nil {
		return new("")
	}
	return v.optional(name)
}

// flag returns a boolean member, or fallback if there is none.
func (v values) flag(name string, fallback bool) bool {
	if b, ok := v[name].(bool); ok {
		return b
	}
	return fallback
}

// check returns the members of a decoded JSON value, or the protocol's VALIDATION_ERROR.
// where is "body" or "query".
func (s *schema) check(where string, decoded any) (values, error) {
	members, ok := decoded.(map[string]any)
	if _, none := decoded.(missing); none && s.optional {
		return values{}, nil
	}
	if s.either != nil {
		if issue := s.either(decoded); issue != "" {
			return nil, invalid([]string{fmt.Sprintf("[%s] %s", where, issue)})
		}
		return members, nil
	}
	if !ok {
		issues := []string{fmt.Sprintf("[%s] Invalid input: expected object, received %s", where, typeName(decoded))}
		switch {
		case s.anything:
			issues = []string{fmt.Sprintf("[%s] Invalid input: expected record, received %s", where, typeName(decoded))}
		case s.record:
			issues = append(issues, fmt.Sprintf("[%s] Invalid input: expected record, received %s", where, typeName(decoded)))
		}
		return nil, invalid(issues)
	}
	if s.anything {
		return members, nil
	}
	return members, s.checkFields(where, members)
}

// checkFields returns the protocol's VALIDATION_ERROR with all that is wrong with members.
func (s *schema) checkFields(where string, members map[string]any) error {
	if issues := fieldIssues(where, s.fields, members); len(issues) > 0 {
		return invalid(issues)
	}
	return nil
}

// fieldIssues lists what is wrong with members, each with its path.
func fieldIssues(where string, fields []field, members map[string]any) []string {
	var issues []string
	for _, f := range fields {
		value, given := members[f.name]
		if !given && f.optional || given && value == nil && f.nullable {
			continue
		}
		if f.kind >= list && given {
			issues = append(issues, f.nested(where+"."+f.name, value)...)
		} else if issue := f.issue(value, given); issue != "" {
			issues = append(issues, fmt.Sprintf("[%s.%s] %s", where, f.name, issue))
		}
	}
	return issues
}

func (f field) issue(value any, given bool) string {
	if f.judge != nil {
		return f.judge(value, given)
	}
	got := "undefined"
	if given {
		got = typeName(value)
	}
	want := f.kind.typeName()
	s, _ := value.(string)
	switch {
	case f.kind == choice && !slices.Contains(f.options, s): // also for what is no text: s is empty
		return `Invalid option: expected one of "` + strings.Join(f.options, `"|"`) + `"`
	case got != want && f.message != "":
		return f.message
	case got != want:
		return "Invalid input: expected " + want + ", received " + got
	case f.kind == nonEmpty && s == "":
		return "Too small: expected string to have >=1 characters"
	case f.kind == email:
		if _, err := mail.ParseAddress(s); err != nil {
			return "Invalid email address"
		}
	}
	return ""
}

// typeName is what the protocol's messages call a value of the kind.
func (k kind) typeName() string {
	switch k {
	case boolean:
		return "boolean"
	case number:
		return "number"
	case list:
		return "array"
	case record, texts:
		return "record"
	case object:
		return "object"
	case text, nonEmpty, email, choice:
	}
	return "string"
}

func invalid(issues []string) error {
	return fault.New(fault.Invalid, "VALIDATION_ERROR", strings.Join(issues, "; "))
}

// missing stands for a body that was not sent.
type missing struct{}

// typeName names a decoded JSON value as the protocol's messages do.
func typeName(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case missing:
		return "undefined"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64, json.Number:
		return "number"
	case []any, []string:
		return "array"
	}
	return "object"
}

// openAPI describes the schema for the API document.
func (s *schema) openAPI() *httpx.Schema {
	if s == nil {
		return nil
	}
	return httpx.NewSchema(func() json.RawMessage {
		described, err := json.Marshal(describe(s.fields))
		if err != nil { // the fields are tested to be JSON
			described = json.RawMessage(`{}`)
		}
		return described
	})
}

func describe(fields []field) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range fields {
		properties[f.name] = f.openAPI()
		if !f.optional {
			required = append(required, f.name)
		}
	}
	slices.Sort(required)
	return map[string]any{"type": "object", "properties": properties, "required": required}
}

func (f field) openAPI() map[string]any {
	property := map[string]any{"type": f.kind.typeName()}
	switch f.kind {
	case email:
		property["format"] = "email"
	case nonEmpty:
		property["minLength"] = 1
	case choice:
		property["enum"] = f.options
	case list:
		property["items"] = map[string]any{"type": "string"}
	case record:
		property["type"] = "object"
	case texts:
		property["type"], property["additionalProperties"] = "object", map[string]any{"type": "string"}
	case object:
		return describe(f.members)
	case text, boolean, number:
	}
	return property
}
