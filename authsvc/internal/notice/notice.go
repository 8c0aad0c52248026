package notice

import (
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/text/language"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Writer writes mails for one installation. It is safe for concurrent use.
type Writer struct {
	base    string // origin and base path of the protocol
	letters map[string]map[string]letter
	locales []string // in the order of the matcher's tags
	matcher language.Matcher
}

// New returns a Writer whose links begin with the given origin. Files in overrides, which
// may be nil, replace the embedded templates; an error names the file and its fault.
func New(origin *url.URL, overrides fs.FS) (*Writer, error) {
	letters, err := load(overrides)
	if err != nil {
		return nil, err
	}
	w := &Writer{base: origin.String() + "/api/auth", letters: letters}
	w.locales, w.matcher = matcher(letters)
	return w, nil
}

// write fills a kind's templates for the user, who may be no more than an address.
func (w *Writer) write(user identityapi.User, kind string, c content) (mail.Message, error) {
	c.Name, c.Locale = greeting(user.Name), w.Locale(user.Locale)
	l, ok := w.letters[c.Locale][kind]
	if !ok {
		return mail.Message{}, fmt.Errorf("write mail: there are no templates of the kind %q", kind)
	}
	written, err := l.fill(c)
	if err != nil {
		return mail.Message{}, fmt.Errorf("write mail %s/%s: %w", c.Locale, kind, err)
	}
	written.ID, written.To = uuid.NewString(), user.Email
	return written, nil
}

// escape encodes a query value as JavaScript's encodeURIComponent does: a space is %20.
func escape(value string) string {
	return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(url.QueryEscape(value))
}
