package httpapi

import (
	"encoding/json"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

func (a *API) openAPIEndpoints() []endpoint {
	return []endpoint{
		{
			id: "open-api-generate-schema", method: "GET", path: "/open-api/generate-schema", serve: openAPIDocument,
			summary: "This document: the protocol's endpoints as OpenAPI 3.1",
		},
		{id: "reference", method: "GET", path: "/reference", summary: "A page that shows the protocol's endpoints", serve: reference},
	}
}

// described is the API document and the page that shows it. Both follow from the table.
type described struct {
	document json.RawMessage
	page     []chapter
}

func openAPIDocument(x *exchange) error { return x.json(x.api.described().document) }

// describe builds the document (OpenAPI 3.1.1). The gateway's own document covers every
// module; this one is what tools of the protocol expect, with paths below the base path.
func (a *API) describe() described {
	all := a.endpoints()
	paths := map[string]map[string]any{}
	for _, e := range all {
		if paths[e.path] == nil {
			paths[e.path] = map[string]any{}
		}
		paths[e.path][strings.ToLower(e.method)] = e.operation()
	}
	document, err := json.Marshal(map[string]any{
		"openapi":  "3.1.1",
		"info":     map[string]any{"title": "Gatehouse", "version": "1", "description": "Sign-in, sessions and users, as the better-auth client speaks of them."},
		"servers":  []any{map[string]any{"url": a.Base + basePath}},
		"security": []any{map[string]any{"apiKeyCookie": []string{}}, map[string]any{"bearerAuth": []string{}}},
		"tags":     tags(all),
		"paths":    paths,
		"components": map[string]any{
			"securitySchemes": map[string]any{
				"apiKeyCookie": map[string]any{"type": "apiKey", "in": "cookie", "name": a.Cookies.SessionName(), "description": "Set by signing in"},
				"bearerAuth":   map[string]any{"type": "http", "scheme": "bearer", "description": "The token that signing in answers with"},
			},
			"schemas": map[string]any{
				"User": httpx.SchemaOf[userAnswer](), "Session": httpx.SchemaOf[sessionAnswer](), "Error": httpx.SchemaOf[errorAnswer](),
			},
		},
	})
	if err != nil { // the table's schemas are tested to be JSON
		document = json.RawMessage(`{}`)
	}
	return described{document, chapters(all)}
}

// operation describes one endpoint.
func (e endpoint) operation() map[string]any {
	answer := map[string]any{"description": "Success"}
	if e.answers != nil {
		answer["content"] = map[string]any{mediaJSON: map[string]any{"schema": e.answers}}
	}
	refusal := map[string]any{mediaJSON: map[string]any{"schema": map[string]any{"$ref": "#/components/schemas/Error"}}}
	responses := map[string]any{"200": answer}
	for _, r := range e.refusals() {
		responses[r.Status] = map[string]any{"description": r.Meaning, "content": refusal}
	}
	o := map[string]any{
		"operationId": camel(e.id), "summary": e.summary, "tags": []string{e.tag()}, "parameters": e.parameters(), "responses": responses,
	}
	if body := e.body.openAPI(); body != nil {
		content := map[string]any{mediaJSON: map[string]any{"schema": body}}
		if e.form {
			content[mediaForm] = content[mediaJSON]
		}
		o["requestBody"] = map[string]any{"required": !e.body.optional, "content": content}
	}
	if e.access < signedIn {
		o["security"] = []any{} // none is needed
	}
	return o
}

// refusal is a status that an endpoint can answer beside success.
type refusal struct{ Status, Meaning string }

func (e endpoint) refusals() []refusal {
	all := []refusal{{"400", "The request cannot succeed as it stands"}}
	if e.access >= signedIn {
		all = append(all, refusal{"401", "Sign in first"})
	}
	return append(all,
		refusal{"403", "Not allowed, or from a place that is not trusted"},
		refusal{"429", "Too many requests; X-Retry-After says when to come back"},
		refusal{"503", "Not now; Retry-After says when to come back"})
}

// parameter is one parameter of a path or a query.
type parameter struct {
	Name     string         `json:"name"`
	In       string         `json:"in"`
	Required bool           `json:"required"`
	Schema   map[string]any `json:"schema"`
}

func (e endpoint) parameters() []parameter {
	all := []parameter{}
	for segment := range strings.SplitSeq(e.path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			all = append(all, parameter{strings.TrimSuffix(name, "}"), "path", true, map[string]any{"type": "string"}})
		}
	}
	if e.query != nil {
		for _, f := range e.query.fields {
			all = append(all, parameter{f.name, "query", !f.optional, f.openAPI()})
		}
	}
	return all
}

// coreTag is that of endpoints which belong to no plugin.
const coreTag = "Default"

// tag returns the plugin that an endpoint belongs to: the first part of a path that has
// more of them.
func (e endpoint) tag() string {
	first, rest, more := strings.Cut(strings.TrimPrefix(e.path, "/"), "/")
	switch {
	case !more, strings.HasPrefix(rest, "{"):
		return coreTag
	case first == "sign-in", first == "sign-up", first == "callback", first == "delete-user":
		return coreTag
	}
	return first
}

func tags(all []endpoint) []any {
	var list []any
	for _, c := range chapters(all) {
		list = append(list, map[string]any{"name": c.Tag})
	}
	return list
}

// camel turns sign-in-email into signInEmail.
func camel(id string) string {
	parts := strings.Split(id, "-")
	for i, part := range parts[1:] {
		parts[i+1] = strings.ToUpper(part[:1]) + part[1:]
	}
	return strings.Join(parts, "")
}
