package pg

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// WithTemplates shows a folder of SQL templates beside a module's migration files, which
// include them at the number that suits the module. Files of the module must lie in the
// root; a folder of theirs with the same name is hidden.
func WithTemplates(files fs.FS, folder string, templates fs.FS) fs.FS {
	return withTemplates{files, folder, templates}
}

type withTemplates struct {
	files     fs.FS
	folder    string
	templates fs.FS
}

// Open implements fs.FS.
func (w withTemplates) Open(name string) (fs.File, error) {
	if first, _, _ := strings.Cut(name, "/"); first == w.folder {
		return w.templates.Open(name)
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
func (w withTemplates) root() ([]fs.DirEntry, error) {
	theirs, err := fs.ReadDir(w.files, ".")
	if err != nil {
		return nil, err
	}
	ours, err := fs.ReadDir(w.templates, ".")
	if err != nil {
		return nil, err
	}
	theirs = slices.DeleteFunc(theirs, func(e fs.DirEntry) bool { return e.Name() == w.folder })
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
