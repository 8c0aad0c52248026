package notice

import (
	"maps"
	"slices"

	"golang.org/x/text/language"
)

// english is the locale that every kind has, and the fallback of all others.
const english = "en"

// maxPreference bounds what is read of an Accept-Language header, in bytes.
const maxPreference = 256

// Locale returns the locale of the mails that fits a preference best: a language tag such
// as de-AT, or the value of an Accept-Language header (RFC 9110, section 12.5.4). Without
// a fit it is English.
func (w *Writer) Locale(preference string) string {
	locale, _ := w.match(parse(preference))
	return locale
}

// Preferred returns what to keep of an Accept-Language header as a new user's locale: the
// locale that fits best or, where none does, the language that is asked for, so that
// templates which come later fit; "" if the header says nothing.
func (w *Writer) Preferred(header string) string {
	tags := parse(header)
	if len(tags) == 0 {
		return ""
	}
	if locale, fits := w.match(tags); fits {
		return locale
	}
	base, confidence := tags[0].Base()
	if all := language.MustParseBase("mul"); confidence < language.Exact || base == all { // "*"
		return ""
	}
	return base.String()
}

func parse(preference string) []language.Tag {
	if len(preference) > maxPreference {
		return nil
	}
	tags, _, err := language.ParseAcceptLanguage(preference)
	if err != nil {
		return nil
	}
	return tags
}

func (w *Writer) match(tags []language.Tag) (locale string, fits bool) {
	if len(tags) == 0 {
		return english, false
	}
	_, index, confidence := w.matcher.Match(tags...)
	if confidence < language.Low {
		return english, false
	}
	return w.locales[index], true
}

// matcher returns the locales and what chooses among them, English first.
func matcher(letters map[string]map[string]letter) ([]string, language.Matcher) {
	locales := append([]string{english}, slices.Sorted(maps.Keys(letters))...)
	tags := make([]language.Tag, 0, len(locales))
	for _, locale := range locales {
		tags = append(tags, language.Make(locale))
	}
	return locales, language.NewMatcher(tags)
}
