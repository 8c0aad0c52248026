package httpx

import (
	"encoding/json"
	"fmt"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schema is a JSON Schema (2020-12) document, the kind that OpenAPI 3.1 embeds.
type Schema = json.RawMessage

// SchemaOf returns the schema of T's JSON form. T is a type of the program, so a
// failure is a fault of the route table and shows at the first test that builds it.
func SchemaOf[T any]() Schema {
	schema, err := jsonschema.For[T](&jsonschema.ForOptions{})
	if err != nil {
		return Schema(fmt.Sprintf(`{"description":%q}`, "no schema: "+err.Error()))
	}
	encoded, err := json.Marshal(schema)
	if err != nil {
		return Schema(`{}`)
	}
	return encoded
}
