package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/identity/internal/identitytest"
)

func TestAPI_Roles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.Administrator(t, "admin@example.com")
	const collection, clerk = "/api/v1/roles", "/api/v1/roles/clerk"

	made := w.serve(t, request{
		route: "roles-create", method: http.MethodPost, target: collection, from: admin, body: `{"name":"clerk","permissions":["orders:read"]}`,
	})
	created := want(t, made, http.StatusCreated, "")
	if at := made.Header().Get("Location"); at != clerk {
		t.Errorf("Location %q", at)
	}
	if diff := cmp.Diff([]any{"orders:read"}, created["permissions"]); diff != "" || created["built_in"] != false {
		t.Errorf("created %v", created)
	}
	found := want(t, w.serve(t, request{route: "roles-find", target: clerk, from: admin}), http.StatusOK, "")
	if diff := cmp.Diff(created, found); diff != "" {
		t.Error(diff)
	}
	changed := want(t, w.serve(t, request{
		route: "roles-update", method: http.MethodPut, target: clerk, from: admin, body: `{"permissions":[]}`,
	}), http.StatusOK, "")
	if diff := cmp.Diff([]any{}, changed["permissions"]); diff != "" {
		t.Error(diff)
	}
	gone := w.serve(t, request{route: "roles-delete", method: http.MethodDelete, target: clerk, from: admin})
	want(t, gone, http.StatusNoContent, "")
	want(t, w.serve(t, request{route: "roles-find", target: clerk, from: admin}), http.StatusNotFound, "identity.role_unknown")
}

func TestAPI_ListRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.Administrator(t, "admin@example.com")
	names := func(got map[string]any) []any {
		var all []any
		roles, _ := got["roles"].([]any)
		for _, r := range roles {
			entry, _ := r.(map[string]any)
			all = append(all, entry["name"])
		}
		return all
	}
	first := want(t, w.serve(t, request{route: "roles-list", target: "/api/v1/roles?limit=1", from: admin}), http.StatusOK, "")
	if diff := cmp.Diff([]any{"admin"}, names(first)); diff != "" {
		t.Error(diff)
	}
	cursor, _ := first["next"].(string)
	next := want(t, w.serve(t, request{route: "roles-list", target: "/api/v1/roles?cursor=" + url.QueryEscape(cursor), from: admin}), http.StatusOK, "")
	if diff := cmp.Diff([]any{"user"}, names(next)); diff != "" {
		t.Error(diff)
	}
	if _, more := next["next"]; more {
		t.Error("the last page names another")
	}
	// A cursor of one list is not a cursor of another.
	want(t, w.serve(t, request{route: "users-list", target: "/api/v1/users?cursor=" + url.QueryEscape(cursor), from: admin}),
		http.StatusBadRequest, "identity.cursor_invalid")
}

func TestAPI_RolesRefuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.Administrator(t, "admin@example.com")
	const create, update = "roles-create", "roles-update"
	for name, c := range map[string]struct {
		route, target, body string
		status              int
		code                string
	}{
		"a member it does not know":          {create, "", `{"name":"a","permissions":[],"built_in":true}`, 400, "request.body"},
		"a member given twice":               {create, "", `{"name":"a","name":"b","permissions":[]}`, 400, "request.body"},
		"data after the body":                {create, "", `{"name":"a","permissions":[]}{}`, 400, "request.body"},
		"a body that is no object":           {create, "", `[]`, 400, "request.body"},
		"a body without permissions":         {create, "", `{"name":"a"}`, 400, "request.body"},
		"a change without permissions":       {update, "/admin", `{}`, 400, "request.body"},
		"a name that cannot be":              {create, "", `{"name":"A B","permissions":[]}`, 400, "identity.role_invalid"},
		"a permission that cannot be":        {create, "", `{"name":"a","permissions":["all"]}`, 400, "identity.permission_invalid"},
		"a change of a built-in role":        {update, "/admin", `{"permissions":[]}`, 409, "identity.role_built_in"},
		"a change of a role that is not":     {update, "/nothing", `{"permissions":[]}`, 404, "identity.role_unknown"},
		"a change of what cannot be a name":  {update, "/a%00b", `{"permissions":[]}`, 404, "identity.role_unknown"},
		"a name that another role has":       {create, "", `{"name":"admin","permissions":[]}`, 409, "identity.role_taken"},
		"a body that is larger than allowed": {create, "", `{"name":"` + strings.Repeat("a", 70<<10) + `"}`, 413, "request.too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method := map[string]string{create: http.MethodPost, update: http.MethodPut}[c.route]
			call := request{route: c.route, method: method, target: "/api/v1/roles" + c.target, from: admin, body: c.body}
			want(t, w.serve(t, call), c.status, c.code)
		})
	}
}

func TestAPI_Grants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.Administrator(t, "admin@example.com")
	bob := w.SignUp(t, "bob@example.com").ID
	grant := func(route, method, id, name string) request {
		return request{route: route, method: method, target: "/api/v1/users/" + id + "/roles/" + name, from: admin}
	}
	given := want(t, w.serve(t, grant("grants-create", http.MethodPut, string(bob), "admin")), http.StatusOK, "")
	if diff := cmp.Diff(map[string]any{"id": string(bob), "roles": []any{"admin", "user"}}, given); diff != "" {
		t.Error(diff)
	}
	taken := want(t, w.serve(t, grant("grants-delete", http.MethodDelete, string(bob), "admin")), http.StatusOK, "")
	if diff := cmp.Diff(map[string]any{"id": string(bob), "roles": []any{"user"}}, taken); diff != "" {
		t.Error(diff)
	}
	want(t, w.serve(t, grant("grants-delete", http.MethodDelete, string(admin), "admin")), http.StatusConflict, "identity.last_administrator")
	want(t, w.serve(t, grant("grants-create", http.MethodPut, "1", "admin")), http.StatusBadRequest, "identity.user_id_invalid")
	want(t, w.serve(t, grant("grants-create", http.MethodPut, string(identitytest.NewID(t)), "admin")), http.StatusNotFound, "identity.user_unknown")
	want(t, w.serve(t, grant("grants-create", http.MethodPut, string(bob), "nothing")), http.StatusNotFound, "identity.role_unknown")
}
