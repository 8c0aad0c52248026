package test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// project is what every import path of the workspace begins with.
const project = "github.com/gatehouse-auth/gatehouse/"

// tree returns the packages of the workspace.
func tree(t *testing.T) []source {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list",
		"-json=ImportPath,Name,Doc,Dir,GoFiles,Imports,TestImports,XTestImports", "work")
	var stderr bytes.Buffer
	list.Dir, list.Stderr = "../..", &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("list packages: %v: %s", err, stderr.String())
	}
	var all []source
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var s source
		if err := decoder.Decode(&s); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("read the list of packages: %v", err)
		}
		all = append(all, s)
	}
	if len(all) < 40 {
		t.Fatalf("only %d packages: this test looks at the wrong place", len(all))
	}
	return all
}

// source is a package as go list shows it.
type source struct {
	ImportPath, Name, Doc, Dir         string
	GoFiles                            []string
	Imports, TestImports, XTestImports []string
}

// place is the import path below the project.
func (s source) place() string { return strings.TrimPrefix(s.ImportPath, project) }

// module is the first folder of the import path.
func (s source) module() string { return moduleOf(s.place()) }

func moduleOf(place string) string {
	module, _, _ := strings.Cut(place, "/")
	return module
}

// reaches lists the places of the project that the package imports.
func (s source) reaches() []string { return ours(s.Imports) }

// reachesInTests lists those that it and its tests import.
func (s source) reachesInTests() []string {
	return ours(slices.Concat(s.Imports, s.TestImports, s.XTestImports))
}

func ours(imports []string) []string {
	var places []string
	for _, path := range imports {
		if place, ok := strings.CutPrefix(path, project); ok {
			places = append(places, place)
		}
	}
	return places
}

// support reports whether the package only serves tests.
func (s source) support() bool { return strings.HasSuffix(s.Name, "test") }

// last is the last element of a place.
func last(place string) string { return path.Base(place) }

// composes reports whether the package is a composition root: a command, or deploy.
func (s source) composes() bool {
	return s.module() == "deploy" || strings.HasPrefix(s.place(), s.module()+"/cmd/")
}
