package test

import (
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/gateway/gatewayapi"
)

// contracts are the packages that siblings may import, one of each module.
var contracts = map[string]string{ //nolint:gochecknoglobals // a table
	"identity": "identity/identityapi",
	"authsvc":  "authsvc/authapi",
	"audit":    "audit/auditapi",
	"gateway":  "gateway/gatewayapi",
}

// adapters connect a module's concepts with a world outside of them.
var adapters = []string{"postgres", "httpapi", "rpcapi", "post"} //nolint:gochecknoglobals // a table

func TestTree(t *testing.T) {
	t.Parallel()
	all := tree(t)
	for sentence, check := range map[string]func(*testing.T, []source){
		"modules reach each other by contract only": reachByContract,
		"the graph is who imports whose contract":   graphIsImports,
		"concepts and adapters import no adapter":   noAdapter,
		"pgx stays in storage":                      pgxInStorage,
		"packages say what they own":                packagesSay,
		"shared has no product word":                noProductWord,
		"the environment is read in one place":      environmentInOnePlace,
	} {
		t.Run(sentence, func(t *testing.T) { check(t, all) })
	}
}

func reachByContract(t *testing.T, all []source) {
	t.Parallel()
	for _, s := range all {
		for _, place := range s.reachesInTests() {
			module := moduleOf(place)
			foreign := module != s.module() && module != "shared"
			switch {
			case !foreign && place == module && module != "shared" && !s.composes() && !slices.Contains(ours(s.XTestImports), place):
				t.Errorf("%s imports its own root package %s, which is for composition roots", s.place(), place)
			case foreign && s.module() == "shared":
				t.Errorf("%s imports %s: shared knows no module", s.place(), place)
			case foreign && place == module && s.module() != "deploy":
				t.Errorf("%s imports the root package of %s, which is for composition roots", s.place(), place)
			case foreign && place != module && place != contracts[module] && s.module() != "deploy":
				t.Errorf("%s imports %s; of %s it may import %s only", s.place(), place, module, contracts[module])
			}
		}
	}
}

func graphIsImports(t *testing.T, all []source) {
	t.Parallel()
	graph := gatewayapi.Graph()
	imported := map[string]map[string]bool{}
	for _, s := range all {
		if _, module := contracts[s.module()]; !module || s.composes() || s.support() {
			continue
		}
		for _, place := range s.reaches() {
			callee := moduleOf(place)
			if place != contracts[callee] || callee == s.module() {
				continue
			}
			if imported[s.module()] == nil {
				imported[s.module()] = map[string]bool{}
			}
			imported[s.module()][callee] = true
		}
	}
	for caller, row := range graph {
		allowed := map[string]bool{}
		for _, entry := range row {
			service, _, _ := strings.Cut(entry, ".")
			allowed[service] = true
		}
		if caller == gatewayapi.Service { // forwards requests to modules whose methods it never calls
			for callee := range imported[caller] {
				if !allowed[callee] {
					t.Errorf("gateway imports the contract of %s, which the graph forbids", callee)
				}
			}
			continue
		}
		if diff := cmp.Diff(allowed, imported[caller], cmp.Transformer("keys", keys)); diff != "" {
			t.Errorf("%s: the graph allows (-) and the code imports (+):\n%s", caller, diff)
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(contracts)), slices.Sorted(maps.Keys(graph))); diff != "" {
		t.Errorf("modules (-) and rows of the graph (+):\n%s", diff)
	}
}

func keys(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

func noAdapter(t *testing.T, all []source) {
	t.Parallel()
	seen := 0
	for _, s := range all {
		inside := strings.Contains(s.place(), "/internal/") && s.module() != "shared"
		if !inside || s.support() {
			continue
		}
		for _, place := range s.reaches() {
			if strings.HasPrefix(place, s.module()+"/internal/") && slices.Contains(adapters, last(place)) {
				t.Errorf("%s imports the adapter %s; only the module's root package may", s.place(), place)
			}
		}
		if slices.Contains(adapters, last(s.place())) {
			seen++
		}
	}
	if seen < 8 {
		t.Errorf("only %d adapters found: is one named otherwise now?", seen)
	}
}

func pgxInStorage(t *testing.T, all []source) {
	t.Parallel()
	for _, s := range all {
		root := s.place() == s.module() || s.module() == "deploy" // module.go hands the pool on; deploy looks from outside
		storage := slices.Contains([]string{"postgres", "post", "pg", "pgtest", "events", "epoch", "kit"}, last(s.place()))
		if root || storage || s.support() {
			continue
		}
		for _, path := range s.Imports {
			if strings.HasPrefix(path, "github.com/jackc/pgx/") {
				t.Errorf("%s imports %s: SQL belongs into a postgres package", s.place(), path)
			}
		}
	}
}

func packagesSay(t *testing.T, all []source) {
	t.Parallel()
	for _, s := range all {
		if len(s.GoFiles) > 0 && s.Doc == "" {
			t.Errorf("%s has no package comment: add a doc.go", s.place())
		}
	}
}

// Whether each module compiles alone is for make lint, which takes longer; what breaks
// in practice is a go.mod or go.sum that lacks something the workspace has.
func TestGoMod_NeedsNoWorkspace(t *testing.T) {
	t.Parallel()
	for _, module := range append(slices.Sorted(maps.Keys(contracts)), "shared", "deploy") {
		list := exec.CommandContext(t.Context(), "go", "list", "-test", "-deps", "./...") //nolint:gosec // a folder of ours
		list.Dir, list.Env = "../../"+module, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
		var stderr strings.Builder
		list.Stderr = &stderr
		if err := list.Run(); err != nil {
			t.Errorf("%s does not build with its own go.mod, run make tidy: %v\n%s", module, err, stderr.String())
		}
	}
}
