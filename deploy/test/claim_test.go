package test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// claim is a line of a table that says how a requirement, or a flaw that others had, is
// covered. The tables are vulnerabilities.csv and asvs.csv.
type claim struct {
	id     string
	names  string // what a test has to mention: one of these, separated by spaces or commas
	state  string
	detail string // the tests, separated by spaces; else why there is none
}

// The states of a line.
const (
	covered       = "covered"
	notApplicable = "not applicable"
	later         = "later"       // what it is about is not built yet
	notCovered    = "not covered" // and should be
)

// readClaims reads a table: id, names, state, detail.
func readClaims(t *testing.T, file string) []claim {
	t.Helper()
	reader := csv.NewReader(bytes.NewReader(read(t, file)))
	reader.FieldsPerRecord = 4
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []claim
	for _, row := range rows[1:] {
		all = append(all, claim{row[0], row[1], row[2], row[3]})
	}
	return all
}

// update rewrites the tables: go test ./deploy/test -run 'TestVulnerabilities|TestASVS' -update
var update = flag.Bool("update", false, "enter the tests that name what a line is about") //nolint:gochecknoglobals // a flag

// updateClaims enters the tests that mention what a line is about, unless it is not
// applicable, and returns the lines as they are then.
func updateClaims(t *testing.T, file string, all []claim, names func(claim) []string) []claim {
	t.Helper()
	if !*update {
		return all
	}
	head, _, _ := strings.Cut(string(read(t, file)), "\n")
	var out strings.Builder
	writer := csv.NewWriter(&out)
	for i, p := range all {
		if tests := testsNaming(t, names(p)); len(tests) > 0 && p.state != notApplicable {
			all[i].state, all[i].detail = covered, strings.Join(tests, " ")
		}
		if err := writer.Write([]string{all[i].id, all[i].names, all[i].state, all[i].detail}); err != nil {
			t.Fatal(err)
		}
	}
	writer.Flush()
	if err := os.WriteFile(file, []byte(head+"\n"+out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return all
}

// testsNaming lists the tests that mention one of the names, in order.
func testsNaming(t *testing.T, names []string) []string {
	t.Helper()
	var tests []string
	for _, test := range slices.Sorted(maps.Keys(testSources(t))) {
		if slices.ContainsFunc(names, func(name string) bool { return mentions(testSources(t)[test], name) }) {
			tests = append(tests, test)
		}
	}
	return tests
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// checkClaim checks that the tests of a covered line exist and mention what they cover, and
// that any other line gives its reason.
func checkClaim(t *testing.T, p claim, states []string) {
	t.Helper()
	if !slices.Contains(states, p.state) {
		t.Errorf("%s: the state is %q, want one of %q", p.id, p.state, states)
	}
	if p.state != covered {
		if len(p.detail) < 10 {
			t.Errorf("%s is %s, and the table does not say why", p.id, p.state)
		}
		return
	}
	tests := strings.Fields(p.detail)
	if len(tests) == 0 {
		t.Errorf("%s is covered by no test", p.id)
	}
	for _, name := range tests {
		source, exists := testSources(t)[name]
		if !exists {
			t.Errorf("%s: there is no test %s", p.id, name)
			continue
		}
		if !slices.ContainsFunc(namesIn(p.names), func(name string) bool { return mentions(source, name) }) {
			t.Errorf("%s: %s mentions none of %q", p.id, name, namesIn(p.names))
		}
	}
}

// namesIn splits names at commas.
func namesIn(list string) []string {
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

// mentions reports whether a text has the name as a whole: V1.2.3 is not in V1.2.34.
func mentions(source, name string) bool {
	for rest := source; ; {
		i := strings.Index(rest, name)
		if i < 0 {
			return false
		}
		rest = rest[i+len(name):]
		if rest == "" || !strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyz-", rune(rest[0])) {
			return true
		}
	}
}

// testSources holds, by folder and name, the source of every test of the workspace with its
// comment: functions Test..., Fuzz... and the parts of the black-box suite.
var testSources = func() func(t *testing.T) map[string]string { //nolint:gochecknoglobals // parsed once
	parse := sync.OnceValues(parseTests)
	return func(t *testing.T) map[string]string {
		t.Helper()
		sources, err := parse()
		if err != nil {
			t.Fatal(err)
		}
		return sources
	}
}()

func parseTests() (map[string]string, error) {
	const root = "../.."
	sources := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (name == "node_modules" || name == "bin" || len(name) > 2 && name[0] == '.'):
			return fs.SkipDir
		case !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		return addTests(sources, filepath.ToSlash(folder), raw)
	})
	return sources, err
}

func addTests(sources map[string]string, folder string, raw []byte) error {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", raw, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, declared := range file.Decls {
		f, ok := declared.(*ast.FuncDecl)
		if !ok || f.Recv == nil && !strings.HasPrefix(f.Name.Name, "Test") && !strings.HasPrefix(f.Name.Name, "Fuzz") {
			continue
		}
		from := f.Pos()
		if f.Doc != nil {
			from = f.Doc.Pos()
		}
		sources[folder+"."+f.Name.Name] = string(raw[set.Position(from).Offset:set.Position(f.End()).Offset])
	}
	return nil
}
