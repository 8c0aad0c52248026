package notice

import (
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// shippedLocales is what every kind of mail is written in.
var shippedLocales = []string{"de", "en"}

func newWriter(t *testing.T, overrides fs.FS) *Writer {
	t.Helper()
	w, err := New(&url.URL{Scheme: "https", Host: "auth.example.com"}, overrides)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// shipped returns the embedded templates by path.
func shipped(t *testing.T) sources {
	t.Helper()
	folder, err := fs.Sub(embedded, "templates")
	if err != nil {
		t.Fatal(err)
	}
	files, err := read(folder)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestTemplates_EveryKindInEveryLocale: each mail has both of its files, says something of its
// own, and shows its link or code to readers of text and of HTML alike.
func TestTemplates_EveryKindInEveryLocale(t *testing.T) {
	t.Parallel()
	files := shipped(t)
	if got := files.locales(); !slices.Equal(got, shippedLocales) {
		t.Fatalf("the locales are %v", got)
	}
	w := newWriter(t, nil)
	kinds := files.kinds(english)
	for _, locale := range shippedLocales {
		if got := files.kinds(locale); !slices.Equal(got, kinds) {
			t.Errorf("%s has the mails %v, English has %v", locale, got, kinds)
		}
		subjects := map[string]string{}
		for _, kind := range kinds {
			_, html := files[locale+"/"+kind+htmlExt]
			if _, inEnglish := files[english+"/"+kind+htmlExt]; html != inEnglish {
				t.Errorf("%s/%s: has HTML %t, in English %t", locale, kind, html, inEnglish)
			}
			c := sample
			c.Locale = locale
			m, err := w.letters[locale][kind].fill(c)
			if err != nil {
				t.Errorf("%s/%s: %v", locale, kind, err)
				continue
			}
			if link, code := strings.Contains(m.Text, sample.Link), strings.Contains(m.Text, sample.Code); link == code {
				t.Errorf("%s/%s shows a link: %t, a code: %t; want one of them", locale, kind, link, code)
			}
			if html && (!strings.Contains(m.HTML, `lang="`+locale+`"`) || strings.Contains(m.HTML, "ZgotmplZ")) {
				t.Errorf("%s/%s: the HTML is %s", locale, kind, m.HTML)
			}
			if same, taken := subjects[m.Subject]; taken {
				t.Errorf("%s: %s and %s have one subject", locale, same, kind)
			}
			subjects[m.Subject] = kind
			if locale != english && files[locale+"/"+kind+textExt] == files[english+"/"+kind+textExt] {
				t.Errorf("%s/%s is not translated", locale, kind)
			}
		}
	}
}

// TestTemplates_LoadNothing: a mail shows without asking any server, which would tell its
// owner who reads it, and runs nothing.
func TestTemplates_LoadNothing(t *testing.T) {
	t.Parallel()
	for name, text := range shipped(t) {
		if path.Ext(name) != htmlExt {
			continue
		}
		for _, word := range []string{"src=", "<script", "<img", "<link", "@import", "url(", "http:", "https:"} {
			if strings.Contains(strings.ToLower(text), word) {
				t.Errorf("%s contains %q", name, word)
			}
		}
	}
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestNew_Overrides(t *testing.T) {
	t.Parallel()
	user := identityapi.User{Email: "ada@example.com", Name: "Ada"}
	t.Run("replace subject and text, and leave the rest", func(t *testing.T) {
		t.Parallel()
		w := newWriter(t, fstest.MapFS{
			"en/reset.txt": file("Subject: Dear {{.Name}}\n\nGo to {{.Link}}\n"), "README.md/.keep": file(""), ".hidden": file("{{"),
		})
		m, err := w.Reset(user, "s3cret", "/")
		if err != nil || m.Subject != "Dear Ada" || m.Text != "Go to "+m.Links[0] {
			t.Errorf("subject %q, text %q, %v", m.Subject, m.Text, err)
		}
		if !strings.Contains(m.HTML, "choose a new password") {
			t.Errorf("the HTML is not the embedded one: %s", m.HTML)
		}
		other, err := w.Verification(user, "proof", "/")
		if err != nil || other.Subject != "Confirm your e-mail address" {
			t.Errorf("another mail: subject %q, %v", other.Subject, err)
		}
	})
	t.Run("replace the layout of all mails", func(t *testing.T) {
		t.Parallel()
		w := newWriter(t, fstest.MapFS{"layout.html": file(`<h1>Acme</h1>{{template "body" .}}{{define "link"}}<a href="{{.Link}}">{{.Link}}</a>{{end}}{{define "code"}}{{.Code}}{{end}}`)})
		m, err := w.Reset(user, "s3cret", "/")
		if err != nil || !strings.HasPrefix(m.HTML, "<h1>Acme</h1><p>Hello Ada,") || !strings.Contains(m.HTML, m.Links[0]) {
			t.Errorf("%s, %v", m.HTML, err)
		}
	})
	t.Run("add a locale, whose missing mails are in English", func(t *testing.T) {
		t.Parallel()
		w := newWriter(t, fstest.MapFS{
			"fr/reset.txt": file("Subject: Nouveau mot de passe\n{{.Link}}"), "fr/reset.html": file(`{{template "link" .}}`),
		})
		if locale := w.Locale("fr-CH, en;q=0.5"); locale != "fr" {
			t.Fatalf("the locale is %s", locale)
		}
		for kind, want := range map[string]string{"reset": "Nouveau mot de passe", "verification": "Confirm your e-mail address"} {
			m, err := w.letters["fr"][kind].fill(sample)
			if err != nil || m.Subject != want {
				t.Errorf("%s: subject %q, %v; want %q", kind, m.Subject, err, want)
			}
		}
	})
}

// TestNew_NamesTheFileAndItsFault: a template that is wrong is found at the start, not when the
// first user waits for their mail.
func TestNew_NamesTheFileAndItsFault(t *testing.T) {
	t.Parallel()
	const link = `{{template "link" .}}`
	for name, tc := range map[string]struct {
		files fstest.MapFS
		want  []string
	}{
		"a text that does not parse":  {fstest.MapFS{"en/reset.txt": file("Subject: S\n\n{{.Link}\n")}, []string{"en/reset.txt:3", "character"}},
		"HTML that does not parse":    {fstest.MapFS{"de/reset.html": file("<p>\n{{if}}")}, []string{"de/reset.html:2", "if"}},
		"a field that no mail has":    {fstest.MapFS{"en/reset.txt": file("Subject: S\n{{.Link}}{{.Password}}")}, []string{"en/reset.txt:2", "Password"}},
		"a subject with such a field": {fstest.MapFS{"en/reset.txt": file("Subject: {{.Who}}\n{{.Link}}")}, []string{"en/reset.txt:1", "Who"}},
		"no subject":                  {fstest.MapFS{"en/reset.txt": file("{{.Link}}")}, []string{"en/reset.txt", "Subject: "}},
		"an empty subject":            {fstest.MapFS{"en/reset.txt": file("Subject: {{if .Code}}{{end}}\n{{.Link}}")}, []string{"en/reset.txt", "subject"}},
		"a text without its link":     {fstest.MapFS{"en/reset.txt": file("Subject: S\nGo on.")}, []string{"en/reset.txt", "{{.Link}}"}},
		"HTML without its link":       {fstest.MapFS{"en/reset.html": file("<p>Go on.</p>")}, []string{"en/reset.html", "{{.Link}}"}},
		"a code mail without code":    {fstest.MapFS{"en/code.txt": file("Subject: S\n{{.Link}}")}, []string{"en/code.txt", "{{.Code}}"}},
		"a link as a script":          {fstest.MapFS{"en/reset.html": file(`<a href={{.Link}}{{end}}`)}, []string{"en/reset.html:1", "end"}},
		"an unknown template":         {fstest.MapFS{"en/reset.html": file(`{{template "lnik" .}}`)}, []string{"en/reset.html", "lnik"}},
		"a layout without a body":     {fstest.MapFS{"layout.html": file(`<p></p>{{define "link"}}{{end}}{{define "code"}}{{end}}`)}, []string{"html", "{{."}},
		"a misspelt name":             {fstest.MapFS{"en/rest.txt": file("Subject: S\n{{.Link}}")}, []string{"en/rest.txt"}},
		"a folder too many":           {fstest.MapFS{"mails/en/reset.txt": file("Subject: S\n{{.Link}}")}, []string{"mails/en/reset.txt"}},
		"a locale that is none":       {fstest.MapFS{"english/reset.txt": file("Subject: S\n{{.Link}}")}, []string{"english/reset.txt"}},
		"half a mail in a language":   {fstest.MapFS{"fr/reset.html": file(link)}, []string{"fr/reset.html", "fr/reset.txt"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(&url.URL{Scheme: "https", Host: "auth.example.com"}, tc.files)
			if err == nil {
				t.Fatal("it was accepted")
			}
			for _, part := range tc.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not name %q", err, part)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is not one sentence", err)
			}
		})
	}
}

func TestWriter_Locale(t *testing.T) {
	t.Parallel()
	w := newWriter(t, nil)
	for preference, want := range map[string]string{
		"": "en", "de": "de", "de-AT": "de", "DE_ch": "de", "en-GB": "en", "fr": "en", "fr, de;q=0.8, en;q=0.5": "de", "en;q=0.1, de": "de",
		"*": "en", ";;;": "en", "de;q=x": "en", "\x00": "en", "../../de": "en", strings.Repeat("de,", 200): "en",
	} {
		if got := w.Locale(preference); got != want {
			t.Errorf("%q: %s, want %s", preference, got, want)
		}
	}
}

func TestWriter_Preferred(t *testing.T) {
	t.Parallel()
	w := newWriter(t, nil)
	for header, want := range map[string]string{
		"": "", "de-AT,de;q=0.9": "de", "en-US,en;q=0.9,de;q=0.5": "en", "fr-CH, de;q=0.5": "de", "fr-CH": "fr", "*": "", "nonsense nonsense": "", "\x00": "",
	} {
		if got := w.Preferred(header); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func TestGreeting(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Ada", "Ada Lovelace", "Jean-Luc Picard", "Conan O'Brien", "J. R. R. Tolkien", "Zoë", "李小龍", "Анна", "Sammy Davis Jr.", "a b c d e"} {
		if greeting(name) != name {
			t.Errorf("%q is not greeted", name)
		}
	}
	for _, name := range []string{
		"", " ", "<b>Ada</b>", "evil.example", "Ada https://evil.example", "you won a prize visit evil.example", "Ada\nBcc: x@y.de", "{{.Link}}",
		"ada@example.com", "call 0800 123", "a b c d e f", "J. R. R. T. T. T.", strings.Repeat("a", 65), "Ada\u202e", "&lt;", "//evil",
	} {
		if got := greeting(name); got != "" {
			t.Errorf("%q is greeted as %q", name, got)
		}
	}
}

func FuzzGreeting(f *testing.F) {
	for _, seed := range []string{"Ada Lovelace", "J. R. R. Tolkien", "a.b", "<", "http://x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if got := greeting(name); strings.ContainsAny(got, "<>&\"/:@\r\n{}0123456789") || strings.Contains(got, "..") {
			t.Errorf("%q is greeted as %q", name, got)
		}
	})
}
