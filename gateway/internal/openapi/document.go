package openapi

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-auth/gatehouse/gateway/internal/route"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// object is a JSON object. The document is data built from data: types for every part of
// OpenAPI would only repeat the specification.
type object = map[string]any

// Document returns the document (OpenAPI 3.1.1) for the given routes.
func Document(server string, targets []*route.Target) ([]byte, error) {
	paths := object{}
	for _, t := range targets {
		at, _ := paths[t.Route.Path].(object)
		if at == nil {
			at = object{}
			paths[t.Route.Path] = at
		}
		at[strings.ToLower(t.Route.Method)] = operation(t)
	}
	return json.Marshal(object{
		"openapi": "3.1.1",
		"info":    object{"title": "Gatehouse", "version": "1", "description": "Identity and access: what this installation serves now."},
		"servers": []any{object{"url": server}},
		"paths":   paths,
		"components": object{
			"securitySchemes": object{
				"cookie": object{"type": "apiKey", "in": "cookie", "name": "better-auth.session_token", "description": "Set by signing in."},
				"bearer": object{"type": "http", "scheme": "bearer", "description": "An access token (JWT) or a session token."},
			},
			"schemas": object{"Problem": problemSchema(), "CodeMessage": codeMessageSchema(), "OAuthError": oauthSchema()},
		},
	})
}

func operation(t *route.Target) object {
	r := t.Route
	op := object{
		"operationId": t.Service + "." + r.ID,
		"summary":     r.Doc.Summary,
		"tags":        []string{tag(t)},
		"responses":   responses(r),
	}
	if parameters := parameters(r); len(parameters) > 0 {
		op["parameters"] = parameters
	}
	if r.Doc.Request != nil {
		op["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": r.Doc.Request}}}
	}
	switch r.Guard.Level {
	case httpx.LevelAuthenticated, httpx.LevelPermission:
		op["security"] = []any{object{"cookie": []string{}}, object{"bearer": []string{}}}
	case httpx.LevelPublic, httpx.LevelModule:
	}
	if r.Guard.Permission != "" {
		op["description"] = "Takes the permission `" + r.Guard.Permission + "`."
	}
	return op
}

func tag(t *route.Target) string {
	if t.Route.Doc.Tag != "" {
		return t.Route.Doc.Tag
	}
	return t.Service
}

func parameters(r httpx.Route) []any {
	var list []any
	for segment := range strings.SplitSeq(r.Path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			list = append(list, parameter(strings.TrimSuffix(name, "}"), "path", ""))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Doc.Query)) {
		list = append(list, parameter(name, "query", r.Doc.Query[name]))
	}
	return list
}

func parameter(name, in, meaning string) object {
	p := object{"name": name, "in": in, "required": in == "path", "schema": object{"type": "string"}}
	if meaning != "" {
		p["description"] = meaning
	}
	return p
}

func responses(r httpx.Route) object {
	produces := r.Doc.Produces
	if produces == "" {
		produces = "application/json"
	}
	media := object{}
	if r.Doc.Response != nil {
		media["schema"] = r.Doc.Response
	}
	all := object{"200": object{"description": "Success", "content": object{produces: media}}}
	content := errorContent(r.Errors)
	for _, status := range statuses(r) {
		all[strconv.Itoa(status)] = object{"description": meaning[status], "content": content}
	}
	return all
}

func statuses(r httpx.Route) []int {
	list := []int{400, 413, 503}
	switch r.Guard.Level {
	case httpx.LevelPermission:
		return append(list, 401, 403)
	case httpx.LevelAuthenticated, httpx.LevelModule:
		return append(list, 401)
	case httpx.LevelPublic:
	}
	return list
}

var meaning = map[int]string{
	400: "The request cannot succeed as it stands", 401: "Nobody proved who is calling", 403: "The caller may not",
	413: "The body is larger than this route accepts", 503: "Not now; Retry-After says when",
}

func errorContent(format httpx.Format) object {
	switch format {
	case httpx.CodeMessage:
		return object{"application/json": object{"schema": object{"$ref": "#/components/schemas/CodeMessage"}}}
	case httpx.OAuth:
		return object{"application/json": object{"schema": object{"$ref": "#/components/schemas/OAuthError"}}}
	case httpx.Problem:
	}
	return object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}}
}

func text(meaning string) object { return object{"type": "string", "description": meaning} }

func problemSchema() object {
	return object{"type": "object", "required": []string{"type", "title", "status", "code"}, "properties": object{
		"type": text("about:blank"), "title": text("the status in words"), "status": object{"type": "integer"},
		"detail": text("what happened, and what to do next"), "code": text("stable name of the error"), "request_id": text("names the request in the logs"),
	}}
}

func codeMessageSchema() object {
	return object{"type": "object", "required": []string{"message"}, "properties": object{
		"message": text("what happened"), "code": text("stable name of the error"),
	}}
}

func oauthSchema() object {
	return object{"type": "object", "required": []string{"error"}, "properties": object{
		"error": text("RFC 6749, section 5.2"), "error_description": text("what happened, and what to do next"),
	}}
}
