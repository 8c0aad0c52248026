package httpx

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schema is a JSON Schema (2020-12) document, the kind that OpenAPI 3.1 embeds. It is
// written when somebody reads it: a process that starts does not.
type Schema struct {
	write   func() json.RawMessage // nil: it is written
	written json.RawMessage
}

// NewSchema returns the schema that write writes.
func NewSchema(write func() json.RawMessage) *Schema { return &Schema{write: write} }

// SchemaOf returns the schema of T's JSON form. T is a type of the program, so a failure is
// a fault of the route table and shows at the first test that reads it.
func SchemaOf[T any]() *Schema { return NewSchema(schemaOf[T]) }

func schemaOf[T any]() json.RawMessage {
	schema, err := jsonschema.For[T](&jsonschema.ForOptions{})
	if err != nil {
		return json.RawMessage(fmt.Sprintf(`{"description":%q}`, "no schema: "+err.Error()))
	}
	encoded, err := json.Marshal(schema)
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return encoded
}

// JSON returns the document.
func (s *Schema) JSON() json.RawMessage {
	if s.write == nil {
		return s.written
	}
	return s.write()
}

// MarshalJSON implements json.Marshaler.
func (s *Schema) MarshalJSON() ([]byte, error) { return s.JSON(), nil }

// UnmarshalJSON implements json.Unmarshaler.
func (s *Schema) UnmarshalJSON(text []byte) error {
	*s = Schema{written: slices.Clone(text)}
	return nil
}
