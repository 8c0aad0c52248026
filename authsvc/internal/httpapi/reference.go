package httpapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

//go:embed pages/reference.css
var referenceStyle string //nolint:gochecknoglobals // embedded, and never written

// referenceLayout shows the API document without any script, and loads nothing.
var referenceLayout = template.Must(template.ParseFS(pages, "pages/reference.html"))

// chapter is the endpoints of one plugin on the page.
type chapter struct {
	Tag     string
	Entries []entry
}

// entry is one endpoint on the page.
type entry struct {
	Method, Path, Summary string
	SignedIn              bool
	Parameters            []parameter
	Body, Answer          string // JSON Schema, indented; empty: none
	Refusals              []refusal
}

// chapters sorts endpoints by plugin, the core first.
func chapters(all []endpoint) []chapter {
	byTag := map[string][]entry{}
	var names []string
	for _, e := range all {
		if byTag[e.tag()] == nil && e.tag() != coreTag {
			names = append(names, e.tag())
		}
		byTag[e.tag()] = append(byTag[e.tag()], entry{
			Method: e.method, Path: e.path, Summary: e.summary, SignedIn: e.access >= signedIn, Parameters: e.parameters(),
			Body: indented(e.body.openAPI()), Answer: indented(e.answers), Refusals: e.refusals(),
		})
	}
	slices.Sort(names)
	var list []chapter
	for _, name := range append([]string{coreTag}, names...) {
		entries := byTag[name]
		slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(a.Path, b.Path) })
		list = append(list, chapter{name, entries})
	}
	return list
}

func indented(schema *httpx.Schema) string {
	var text bytes.Buffer
	if schema == nil || json.Indent(&text, schema.JSON(), "", "  ") != nil {
		return ""
	}
	return text.String()
}

func reference(x *exchange) error {
	header := x.w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", pagePolicy(referenceStyle, "'none'"))
	return referenceLayout.Execute(x.w, struct {
		Base     string
		Style    template.CSS
		Chapters []chapter
	}{x.api.Base + basePath, css(referenceStyle), x.api.described().page})
}
