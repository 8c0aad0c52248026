package principal_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/principal"
)

func TestFrom_SaysWhetherThereIsOne(t *testing.T) {
	t.Parallel()
	if got, ok := principal.From(t.Context()); ok || got.Subject != "" {
		t.Errorf("an empty context holds %+v, %t", got, ok)
	}
	ctx := principal.With(t.Context(), principal.Principal{Subject: "outer", Roles: []string{"editor"}})
	if got, ok := principal.From(ctx); !ok || got.Subject != "outer" {
		t.Errorf("got %+v, %t", got, ok)
	}
	if got, _ := principal.From(principal.With(ctx, principal.Principal{Subject: "inner"})); got.Subject != "inner" || got.HasRole("editor") {
		t.Errorf("the inner one took something from the outer: %+v", got)
	}
}

func TestPrincipal_HasRole(t *testing.T) {
	t.Parallel()
	p := principal.Principal{Roles: []string{"editor", "reader"}}
	for role, want := range map[string]bool{"editor": true, "reader": true, "Editor": false, "edit": false, "": false, "editor,reader": false} {
		if got := p.HasRole(role); got != want {
			t.Errorf("%q: got %t", role, got)
		}
	}
}
