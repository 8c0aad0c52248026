package config

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"text/template"

	"github.com/kelseyhightower/envconfig"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Section is a spec whose settings are read under a prefix of its own. Describe,
// DescribeMarkdown, Unknown and Warnings take it in place of a spec.
type Section struct {
	Prefix string // whole: "SHOP_ORDERS", not "ORDERS"
	Spec   any
}

// fileSuffix turns the name of a secret into the name of the setting that holds a path.
const fileSuffix = "_FILE"

// setting is one field of a spec.
type setting struct {
	name  string // PREFIX_NAME
	field reflect.Value
	tags  reflect.StructTag
}

func (s setting) secret() bool     { return s.field.Type() == reflect.TypeFor[secret.Text]() }
func (s setting) fallback() string { return s.tags.Get("default") }
func (s setting) meaning() string  { return s.tags.Get("desc") }

func (s setting) required() bool {
	required, err := strconv.ParseBool(s.tags.Get("required"))
	return err == nil && required
}

// gather lists the settings of a pointer to a struct, in the order of its fields, with
// those of each one of its families as environ names them.
func gather(prefix string, spec any, environ map[string]string) ([]setting, error) {
	own, err := gatherOwn(prefix, spec)
	if err != nil {
		return nil, err
	}
	return withFamilies(prefix, own, environ)
}

// gatherOwn lists the settings of a pointer to a struct, families alone.
// The walk is envconfig's, reached through the template that its usage page runs over them.
func gatherOwn(prefix string, spec any) ([]setting, error) {
	var found []setting
	add := func(name string, field reflect.Value, tags reflect.StructTag) string {
		found = append(found, setting{name, field, tags})
		return ""
	}
	walk, err := template.New("settings").
		Funcs(template.FuncMap{"add": add}).
		Parse(`{{range .}}{{add .Key .Field .Tags}}{{end}}`)
	if err != nil {
		return nil, fmt.Errorf("gather settings: %w", err)
	}
	if err := envconfig.Usaget(prefix, spec, io.Discard, walk); err != nil {
		return nil, fmt.Errorf("gather settings of %T: %w", spec, err)
	}
	return found, nil
}

// gatherAll lists the settings of several specs, each name once. It works on fresh
// copies, so that loaded values stay as they are.
func gatherAll(prefix string, specs []any, environ map[string]string) ([]setting, error) {
	var all []setting
	seen := map[string]setting{}
	for _, spec := range specs {
		section, ok := spec.(Section)
		if !ok {
			section = Section{prefix, spec}
		}
		found, err := gather(section.Prefix, blank(section.Spec), environ)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			earlier, known := seen[s.name]
			if known && earlier.tags != s.tags {
				return nil, fmt.Errorf("%s is declared twice, with different tags", s.name)
			}
			if !known {
				seen[s.name] = s
				all = append(all, s)
			}
		}
	}
	return all, nil
}

// blank returns a new zero value of the same pointer type, or spec itself if it is no pointer.
func blank(spec any) any {
	t := reflect.TypeOf(spec)
	if t == nil || t.Kind() != reflect.Pointer {
		return spec
	}
	return reflect.New(t.Elem()).Interface()
}

// lookup returns a variable's value without surrounding space; an empty one is unset.
func lookup(environ map[string]string, name string) (string, bool) {
	value := strings.TrimSpace(environ[name])
	return value, value != ""
}
