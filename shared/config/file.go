package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxSecretFile bounds what is read, in bytes: a path to the wrong file must not fill memory.
const maxSecretFile = 64 << 10

const (
	worldReadable = 0o004
	worldWritable = 0o002
)

// readSecret returns a file's content without its last line ending. Its errors complete
// a sentence that begins with the setting's name. They leave the path out: the secret
// itself may stand there by mistake.
//
// A file that anybody may write is refused, because whoever writes it owns the
// installation. One that anybody may read is accepted and left to Warnings: Docker
// Swarm and Kubernetes mount secrets readable for all inside a container that has one
// user, and refusing their default would drive people to the environment instead.
func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", unreadable(err)
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("must name a regular file")
	}
	if info.Mode().Perm()&worldWritable != 0 {
		return "", errors.New("names a file that every account on this machine may change: run chmod 600 on it, then put in a new secret")
	}
	content, err := readAtMost(path, maxSecretFile)
	if err != nil {
		return "", err
	}
	text := trimNewline(string(content))
	if text == "" {
		return "", errors.New("names an empty file: write the secret into it")
	}
	return text, nil
}

func readAtMost(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unreadable(err)
	}
	defer func() { _ = file.Close() }() // read only: nothing to lose
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, unreadable(err)
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("names a file above %d bytes, too large for a secret", limit)
	}
	return content, nil
}

// unreadable says why a file cannot be read, without the path.
func unreadable(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("names a file that does not exist")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("names a file that this process may not read: make its owner the account that runs it")
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return fmt.Errorf("names a file that cannot be read: %w", err)
}

// Warnings returns one sentence for each secret whose file other accounts may read.
// The caller logs them; they stop nothing. A spec that is not a pointer to a struct
// gives the one sentence that says so.
func Warnings(environ map[string]string, prefix string, specs ...any) []string {
	settings, err := gatherAll(prefix, specs, notNil(environ))
	if err != nil {
		return []string{err.Error()}
	}
	var warnings []string
	for _, s := range settings {
		path, given := lookup(environ, s.name+fileSuffix)
		if !given || !s.secret() {
			continue
		}
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&worldReadable != 0 {
			warnings = append(warnings, s.name+fileSuffix+" names a file that every account on this machine may read; chmod 600 keeps it to its owner")
		}
	}
	return warnings
}
