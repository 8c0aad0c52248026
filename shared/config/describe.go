package config

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Describe writes a table of every setting for a terminal: name, default and meaning,
// in the order of declaration. A secret's name shows that a file may hold it. A
// setting without a meaning is an error.
func Describe(w io.Writer, prefix string, specs ...any) error {
	rows, err := describe(prefix, specs)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "SETTING\tDEFAULT\tMEANING")
	for _, r := range rows {
		name := r.name
		if r.file {
			name += "[" + fileSuffix + "]"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", name, or(r.fallback, "-"), r.meaning)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("describe settings: %w", err)
	}
	return nil
}

// DescribeMarkdown writes the table of Describe in Markdown.
func DescribeMarkdown(w io.Writer, prefix string, specs ...any) error {
	rows, err := describe(prefix, specs)
	if err != nil {
		return err
	}
	var page strings.Builder
	page.WriteString("| setting | default | meaning |\n|---|---|---|\n")
	for _, r := range rows {
		name := "`" + r.name + "`"
		if r.file {
			name += " (`" + fileSuffix + "`)"
		}
		fallback := r.fallback
		if r.value {
			fallback = "`" + fallback + "`"
		}
		cell := strings.NewReplacer("|", `\|`)
		fmt.Fprintf(&page, "| %s | %s | %s |\n", name, cell.Replace(fallback), cell.Replace(r.meaning))
	}
	if _, err := io.WriteString(w, page.String()); err != nil {
		return fmt.Errorf("describe settings: %w", err)
	}
	return nil
}

// row is one line of the table.
type row struct {
	name, fallback, meaning string
	file                    bool // a file may hold it
	value                   bool // fallback is a value, not a remark
}

func describe(prefix string, specs []any) ([]row, error) {
	settings, err := gatherAll(prefix, specs, nil)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, s := range settings {
		if s.meaning() == "" {
			return nil, fmt.Errorf("%s has no desc tag: say what it means", s.name)
		}
		r := row{name: s.name, fallback: s.fallback(), meaning: s.meaning(), file: s.secret(), value: s.fallback() != ""}
		if s.required() && !r.value {
			r.fallback = "required"
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
