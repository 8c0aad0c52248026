package httpx_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

func TestSchemaOf_DescribesTheJSONForm(t *testing.T) {
	t.Parallel()
	type loan struct {
		Title  string    `json:"title"`
		Until  time.Time `json:"until"`
		Copies []int     `json:"copies,omitempty"`
		Hash   string    `json:"-"`
	}
	var got struct {
		Type                 string                    `json:"type"`
		Properties           map[string]map[string]any `json:"properties"`
		Required             []string                  `json:"required"`
		AdditionalProperties any                       `json:"additionalProperties"`
	}
	if err := json.Unmarshal(httpx.SchemaOf[loan]().JSON(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Type != "object" || len(got.Properties) != 3 || got.Properties["title"]["type"] != "string" || got.Properties["until"]["type"] != "string" {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{"title", "until"}, got.Required); diff != "" {
		t.Errorf("required: %s", diff)
	}
}

func TestSchemaOf_SaysSoWhenATypeHasNone(t *testing.T) {
	t.Parallel()
	schema := httpx.SchemaOf[chan int]().JSON()
	if !json.Valid(schema) || !strings.Contains(string(schema), "no schema") {
		t.Errorf("got %s", schema)
	}
}
