package test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// productWords mean something in the product and nothing in plumbing.
var productWords = words(`user users session sessions password passwords role roles account accounts
	credential credentials permission permissions tenant organization team member passkey captcha otp totp
	impersonate ban banned signin signup authsvc identityapi authapi auditapi gatewayapi`)

// technicalWords are those that a protocol below also uses, for things of its own.
var technicalWords = map[string][]string{ //nolint:gochecknoglobals // a table
	"shared/pg":        {"role", "password", "session"},               // of PostgreSQL
	"shared/pg/":       {"role", "password", "account", "credential"}, // and of the operating system
	"shared/kit":       {"role", "password", "users"},                 // of the database and the bus
	"shared/bus":       {"user", "users"},                             // of NATS
	"shared/events":    {"session"},                                   // of PostgreSQL
	"shared/httpx":     {"permission"},                                // a name that a route carries and somebody else reads
	"shared/principal": {"role", "roles"},                             // likewise
	"shared/mail":      {"user", "password"},                          // of SMTP
}

var wordOfName = regexp.MustCompile(`[A-Z]+[a-z0-9]*|[a-z0-9]+`)

func words(list string) []string { return strings.Fields(list) }

func noProductWord(t *testing.T, all []source) {
	t.Parallel()
	seen := 0
	for _, s := range all {
		if s.module() != "shared" {
			continue
		}
		for _, file := range s.GoFiles {
			for name, at := range declared(t, filepath.Join(s.Dir, file)) {
				seen++
				for _, word := range wordOfName.FindAllString(name, -1) {
					word = strings.ToLower(word)
					if slices.Contains(productWords, word) && !technical(s.place(), word) {
						t.Errorf("%s: %s has the product word %q", at, name, word)
					}
				}
			}
		}
	}
	if seen < 500 {
		t.Errorf("only %d names found: this test looks at the wrong place", seen)
	}
}

func technical(place, word string) bool {
	for prefix, list := range technicalWords {
		if (place == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(place, prefix)) && slices.Contains(list, word) {
			return true
		}
	}
	return false
}

// declared returns the names that a file declares, local ones too, with their places.
func declared(t *testing.T, file string) map[string]token.Position {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]token.Position{}
	add := func(idents ...*ast.Ident) {
		for _, ident := range idents {
			names[ident.Name] = set.Position(ident.Pos())
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch d := n.(type) {
		case *ast.FuncDecl:
			add(d.Name)
		case *ast.TypeSpec:
			add(d.Name)
		case *ast.ValueSpec:
			add(d.Names...)
		case *ast.Field:
			add(d.Names...)
		case *ast.AssignStmt:
			for _, left := range d.Lhs {
				if ident, ok := left.(*ast.Ident); ok && d.Tok == token.DEFINE {
					add(ident)
				}
			}
		}
		return true
	})
	return names
}

func environmentInOnePlace(t *testing.T, all []source) {
	t.Parallel()
	reads := []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}
	found := 0
	for _, s := range all {
		if s.module() == "deploy" || s.support() {
			continue
		}
		for _, file := range s.GoFiles {
			for _, at := range calls(t, filepath.Join(s.Dir, file), "os", reads) {
				if s.place() != "shared/kit" {
					t.Errorf("%s: settings come from kit, nobody else reads the environment", at)
				}
				found++
			}
		}
	}
	if found == 0 {
		t.Error("kit does not read the environment either: this test looks for the wrong thing")
	}
}

// calls returns the places where a file mentions one of the package's functions.
func calls(t *testing.T, file, pkg string, functions []string) []token.Position {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var found []token.Position
	ast.Inspect(parsed, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok || !slices.Contains(functions, selector.Sel.Name) {
			return true
		}
		if ident, ok := selector.X.(*ast.Ident); ok && ident.Name == pkg {
			found = append(found, set.Position(selector.Pos()))
		}
		return true
	})
	return found
}
