package events

import (
	"embed"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
)

//go:embed schema/*.sql
var schema embed.FS

const schemaFolder = "schema"

// Migrations adds the tables of this package to a module's migration files, as
// templates that a file of the module includes at the number that suits it:
//
//	-- 002_outbox.sql, for a module that has events
//	{{ template "schema/outbox_1.sql" . }}
//
//	-- 003_inbox.sql, for a module that consumes them
//	{{ template "schema/inbox_1.sql" . }}
//
// A template that has been released never changes: new columns come as outbox_2.sql.
// Files of the module must lie in the root; a folder named schema would be hidden.
func Migrations(files fs.FS) fs.FS { return withSchema{files} }

// withSchema shows the folder schema beside a module's files.
type withSchema struct{ files fs.FS }

// Open implements fs.FS.
func (w withSchema) Open(name string) (fs.File, error) {
	if first, _, _ := strings.Cut(name, "/"); first == schemaFolder {
		return schema.Open(name)
	}
	opened, err := w.files.Open(name)
	if err != nil || name != "." {
		return opened, err
	}
	entries, err := w.root()
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return &root{opened, entries}, nil
}

// root lists what lies in the root.
func (w withSchema) root() ([]fs.DirEntry, error) {
	theirs, err := fs.ReadDir(w.files, ".")
	if err != nil {
		return nil, err
	}
	ours, err := fs.ReadDir(schema, ".")
	if err != nil {
		return nil, err
	}
	theirs = slices.DeleteFunc(theirs, func(e fs.DirEntry) bool { return e.Name() == schemaFolder })
	return append(theirs, ours...), nil
}

// root is the opened root folder, with what has not been read of it.
type root struct {
	fs.File
	unread []fs.DirEntry
}

var _ fs.ReadDirFile = (*root)(nil)

// ReadDir implements fs.ReadDirFile.
func (r *root) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(r.unread) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(r.unread) {
		n = len(r.unread)
	}
	read := r.unread[:n]
	r.unread = r.unread[n:]
	return read, nil
}
