package notice

import (
	"maps"
	"slices"

	"golang.org/x/text/language"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// english is the locale that every kind has, and the fallback of all others.
const english = "en"

// maxPreference bounds what is read of an Accept-Language header, in bytes.
const maxPreference = 256

// Locale returns the locale of the mails that fits a preference best: a language tag such
// as de-AT, or the value of an Accept-Language header (RFC 9110, section 12.5.4). Without
// a fit it is English.
func (w *Writer) Locale(preference string) string {
	if preference == "" || len(preference) > maxPreference {
		return english
	}
	tags, _, err := language.ParseAcceptLanguage(preference)
	if err != nil {
		return english
	}
	_, index, confidence := w.matcher.Match(tags...)
	if confidence < language.Low {
		return english
	}
	return w.locales[index]
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

func localeOf(identityapi.User) string { return "" }
