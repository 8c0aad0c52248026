package config

import (
	"errors"
	"fmt"
	"strings"
)

// Load fills the struct that spec points to from the settings named PREFIX_NAME in
// environ. Fields without a setting get their default, and keep their value if there
// is none. All faults come back in one error, one sentence and one line each; the
// values of settings are in none of them. After an error the struct is half filled.
//
// Types: string, secret.Text, bool (true, false, on, off, yes, no, 1, 0), integers,
// time.Duration (not negative), *url.URL (absolute; never nil after Load, empty if
// unset), netip.Prefix, families (see family.go), types with Decode(string) error or UnmarshalText, and slices
// of these (separated by commas, trimmed, empty items dropped). The error of a Decode
// method completes a sentence that begins with the setting's name: "must be a or b".
func Load(environ map[string]string, prefix string, spec any) error {
	settings, err := gather(prefix, spec, notNil(environ))
	if err != nil {
		return err
	}
	var faults []error
	for _, s := range settings {
		faults = append(faults, s.load(environ))
	}
	return errors.Join(faults...)
}

// notNil keeps an environment without variables from looking like a request for the names
// of all settings.
func notNil(environ map[string]string) map[string]string {
	if environ == nil {
		return map[string]string{}
	}
	return environ
}

func (s setting) load(environ map[string]string) error {
	if s.family() {
		_, err := s.names(environ)
		return err
	}
	if s.secret() {
		value, err := s.findSecret(environ)
		if err != nil || value == "" {
			return err
		}
		s.field.SetString(value)
		return nil
	}
	value, given := lookup(environ, s.name)
	if !given {
		value = s.fallback()
	}
	if value == "" {
		return s.missing()
	}
	if err := parse(s.field, value); err != nil {
		return fmt.Errorf("%s %w", s.name, err)
	}
	return nil
}

// findSecret returns the value of the variable or of the file, at most one of which may be set.
func (s setting) findSecret(environ map[string]string) (string, error) {
	value := trimNewline(environ[s.name])
	path, inFile := lookup(environ, s.name+fileSuffix)
	switch {
	case value != "" && inFile:
		return "", fmt.Errorf("%s and %s are both set: keep one of them", s.name, s.name+fileSuffix)
	case inFile:
		content, err := readSecret(path)
		if err != nil {
			return "", fmt.Errorf("%s %w", s.name+fileSuffix, err)
		}
		return content, nil
	case value != "":
		return value, nil
	case s.fallback() != "":
		return s.fallback(), nil
	}
	return "", s.missing()
}

// missing is the fault of a required setting without a value, nil for others.
func (s setting) missing() error {
	if !s.required() {
		return nil
	}
	if s.meaning() == "" {
		return fmt.Errorf("%s is missing", s.name)
	}
	return fmt.Errorf("%s is missing: %s", s.name, s.meaning())
}

// trimNewline drops the line ending that editors and echo leave behind a secret.
func trimNewline(text string) string {
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
}
