package notice

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	texttemplate "text/template"

	"golang.org/x/text/language"

	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

//go:embed templates
var embedded embed.FS

const (
	layoutFile    = "layout.html"
	textExt       = ".txt"
	htmlExt       = ".html"
	subjectPrefix = "Subject: "
)

// letter is one kind of mail in one locale. It is parsed when it is first written.
type letter func() (parsed, error)

// fill writes the letter's subject, text and HTML.
func (l letter) fill(c content) (mail.Message, error) {
	p, err := l()
	if err != nil {
		return mail.Message{}, err
	}
	return p.fill(c)
}

// parsed are a letter's templates.
type parsed struct {
	subject, text *texttemplate.Template
	html          *template.Template // nil: text only
}

func (p parsed) fill(c content) (mail.Message, error) {
	m := mail.Message{Code: c.Code}
	if c.Link != "" {
		m.Links = []string{c.Link}
	}
	var subject, text, html strings.Builder
	if err := errors.Join(p.subject.Execute(&subject, c), p.text.Execute(&text, c)); err != nil {
		return mail.Message{}, err
	}
	if p.html != nil {
		if err := p.html.Execute(&html, c); err != nil {
			return mail.Message{}, err
		}
	}
	m.Subject, m.Text, m.HTML = strings.TrimSpace(subject.String()), strings.TrimSpace(text.String()), html.String()
	return m, nil
}

// sources are the texts of templates by path, such as en/reset.txt.
type sources map[string]string

// load reads the templates of every kind in every locale. Where a team brings some of its
// own, it tries them all: the shipped ones are tested.
func load(overrides fs.FS) (map[string]map[string]letter, error) {
	shipped, err := fs.Sub(embedded, "templates")
	if err != nil {
		return nil, err
	}
	files, err := read(shipped)
	if err != nil {
		return nil, err
	}
	kinds := files.kinds(english)
	if overrides != nil {
		replaced, err := read(overrides)
		if err != nil {
			return nil, err
		}
		if err := replaced.check(files, kinds); err != nil {
			return nil, err
		}
		maps.Copy(files, replaced)
	}
	letters := map[string]map[string]letter{}
	for _, locale := range files.locales() {
		letters[locale] = files.letters(locale, kinds)
		if overrides == nil {
			continue
		}
		for _, kind := range kinds {
			if _, err := letters[locale][kind](); err != nil {
				return nil, err
			}
		}
	}
	return letters, nil
}

func read(folder fs.FS) (sources, error) {
	files := sources{}
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		text, err := fs.ReadFile(folder, name)
		files[name] = string(text)
		return err
	})
	return files, err
}

// check finds files that would never be used: what somebody wrote in vain they must hear of.
func (files sources) check(shipped sources, kinds []string) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if _, ok := shipped[name]; ok {
			continue
		}
		locale, file := path.Split(name)
		locale = strings.TrimSuffix(locale, "/")
		ext := path.Ext(file)
		known := slices.Contains(kinds, strings.TrimSuffix(file, ext)) && (ext == textExt || ext == htmlExt)
		if _, err := language.Parse(locale); err != nil || !known {
			return fmt.Errorf("%s is no file that a mail is made of, as %s/%s.txt is", name, english, kinds[0])
		}
		other := locale + "/" + strings.TrimSuffix(file, ext) + map[string]string{textExt: htmlExt, htmlExt: textExt}[ext]
		_, paired := files[other]
		if _, needed := shipped[path.Join(english, path.Base(other))]; needed && !paired {
			return fmt.Errorf("%s lacks %s beside it, and a mail is in one language", name, other)
		}
	}
	return nil
}

// kinds returns the names of the mails that a locale has, sorted.
func (files sources) kinds(locale string) []string {
	var kinds []string
	for name := range files {
		if dir, file := path.Split(name); dir == locale+"/" && path.Ext(file) == textExt {
			kinds = append(kinds, strings.TrimSuffix(file, textExt))
		}
	}
	slices.Sort(kinds)
	return kinds
}

func (files sources) locales() []string {
	found := map[string]bool{}
	for name := range files {
		if dir, _ := path.Split(name); dir != "" {
			found[strings.TrimSuffix(dir, "/")] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// letters returns a locale's letters. For a kind that it lacks it has English.
func (files sources) letters(locale string, kinds []string) map[string]letter {
	letters := map[string]letter{}
	for _, kind := range kinds {
		of := locale
		if _, ok := files[locale+"/"+kind+textExt]; !ok {
			of = english
		}
		letters[kind] = sync.OnceValues(func() (parsed, error) { return files.parse(of + "/" + kind) })
	}
	return letters
}

// parse parses a letter and tries it. It must show the link and the code that the letter
// shows as it was shipped: without them the mail would be of no use.
func (files sources) parse(name string) (parsed, error) {
	first, rest, _ := strings.Cut(files[name+textExt], "\n")
	subject, ok := strings.CutPrefix(strings.TrimSpace(first), subjectPrefix)
	if !ok {
		return parsed{}, fmt.Errorf("%s%s must begin with the line %q", name, textExt, subjectPrefix+"...")
	}
	var p parsed
	var err error
	if p.subject, err = texttemplate.New(name + textExt).Parse(subject); err != nil {
		return parsed{}, err
	}
	if p.text, err = texttemplate.New(name + textExt).Parse("\n" + rest); err != nil {
		return parsed{}, err
	}
	if body, ok := files[name+htmlExt]; ok {
		if p.html, err = template.New(layoutFile).Parse(files[layoutFile]); err != nil {
			return parsed{}, err
		}
		if _, err = p.html.New(name + htmlExt).Parse(body); err != nil {
			return parsed{}, err
		}
		if _, err = p.html.AddParseTree("body", p.html.Lookup(name+htmlExt).Tree); err != nil {
			return parsed{}, err
		}
	}
	return p, p.try(name)
}

// try fills the letter with sample values.
func (p parsed) try(name string) error {
	m, err := p.fill(sample)
	if err != nil {
		return err
	}
	m.ID, m.To = "sample", "ada@example.com"
	if err := m.Check(); err != nil {
		return fmt.Errorf("%s%s: %w", name, textExt, errors.Unwrap(err))
	}
	for what, value := range map[string]string{"{{.Link}}": sample.Link, "{{.Code}}": sample.Code} {
		asked := shows(path.Base(name), what)
		if asked && !strings.Contains(m.Text, value) {
			return fmt.Errorf("%s%s does not show %s", name, textExt, what)
		}
		if asked && p.html != nil && !strings.Contains(m.HTML, value) {
			return fmt.Errorf("%s%s does not show %s", name, htmlExt, what)
		}
	}
	return nil
}

// shows reports whether the shipped English text of a kind has the placeholder.
func shows(kind, placeholder string) bool {
	text, err := fs.ReadFile(embedded, "templates/"+english+"/"+kind+textExt)
	return err == nil && strings.Contains(string(text), placeholder)
}
