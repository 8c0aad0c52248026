package pgtest

import (
	"context"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// PrepareAll prepares every statement on the migrated schema, so a wrong column,
// table or type fails a test and not a request. Statements with @name arguments
// are rewritten as pgx.NamedArgs does. The keys name them in the failures.
func PrepareAll(t *testing.T, pool *pgxpool.Pool, statements map[string]string) {
	t.Helper()
	if len(statements) == 0 {
		t.Fatal("there are no statements to prepare")
	}
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer conn.Release()
	for _, err := range unprepared(t.Context(), conn.Conn(), statements) {
		t.Error(err)
	}
}

// unprepared returns an error for each statement that does not prepare.
func unprepared(ctx context.Context, conn *pgx.Conn, statements map[string]string) []error {
	var found []error
	for _, name := range slices.Sorted(maps.Keys(statements)) {
		sql, _, err := pgx.NamedArgs{}.RewriteQuery(ctx, conn, statements[name], nil)
		if err == nil {
			_, err = conn.Prepare(ctx, "", sql)
		}
		if err != nil {
			found = append(found, fmt.Errorf("%s does not prepare: %w\n%s", name, err, sql))
		}
	}
	return found
}

// Statements returns the SQL constants of the Go package in a folder, by name and
// place: every string constant, local ones too, that begins with the first word
// of a statement. Test files do not count.
func Statements(t *testing.T, folder string) map[string]string {
	t.Helper()
	set := token.NewFileSet()
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}}
	checker := types.Config{
		Error:    func(error) {}, // imports are not resolved; constants need none
		Importer: noImports{},
	}
	_, _ = checker.Check(folder, set, parse(t, set, folder), info)
	found := map[string]string{}
	for ident, object := range info.Defs {
		value, ok := object.(*types.Const)
		if !ok || value.Val().Kind() != constant.String {
			continue
		}
		if text := constant.StringVal(value.Val()); isStatement(text) {
			place := set.Position(ident.Pos())
			place.Filename = filepath.Base(place.Filename)
			found[place.String()+" "+ident.Name] = text
		}
	}
	return found
}

type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	fake := types.NewPackage(path, filepath.Base(path))
	fake.MarkComplete()
	return fake, nil
}

func parse(t *testing.T, set *token.FileSet, folder string) []*ast.File {
	t.Helper()
	names, err := fs.Glob(os.DirFS(folder), "*.go")
	if err != nil {
		t.Fatalf("list Go files: %v", err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, filepath.Join(folder, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("parse: %v", err)
		}
		files = append(files, file)
	}
	return files
}

// isStatement asks for the word and white space after it, so that ordinary texts
// seldom count.
func isStatement(text string) bool {
	text = strings.TrimSpace(text)
	word := text[:max(0, strings.IndexAny(text, " \t\n"))]
	return slices.Contains([]string{"select", "insert", "update", "delete", "with", "merge"}, strings.ToLower(word))
}
