package notice

import (
	"fmt"
	"html/template"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Writer writes mails for one installation. It is safe for concurrent use.
type Writer struct {
	base string // origin and base path of the protocol
	html *template.Template
}

// New returns a Writer whose links begin with the given origin.
func New(origin *url.URL) (*Writer, error) {
	parsed, err := template.New("mail").Parse(layout)
	if err != nil {
		return nil, fmt.Errorf("parse mail layout: %w", err)
	}
	return &Writer{base: origin.String() + "/api/auth", html: parsed}, nil
}

const layout = `<!doctype html>
<html lang="en"><body style="font-family:sans-serif;line-height:1.5;color:#1c1c1c">
<p>Hello {{.Name}},</p>
<p>{{.Lead}}</p>
{{with .Link}}<p><a href="{{.}}">{{.}}</a></p>{{end}}
{{with .Code}}<p style="font-size:1.6em;letter-spacing:.15em">{{.}}</p>{{end}}
<p style="color:#666">{{.Close}}</p>
</body></html>
`

// content is what a mail says. It has a link or a code.
type content struct{ Name, Lead, Link, Code, Close string }

// Verification writes the mail that confirms an address.
func (w *Writer) Verification(user identityapi.User, proof, callbackURL string) (mail.Message, error) {
	if callbackURL == "" {
		callbackURL = "/"
	}
	link := w.base + "/verify-email?token=" + proof + "&callbackURL=" + escape(callbackURL)
	return w.write(user, "Confirm your e-mail address", content{
		Lead:  "Follow this link to confirm your address:",
		Link:  link,
		Close: "The link works for one hour. If you did not ask for it, ignore this mail.",
	})
}

// Reset writes the mail that lets its reader choose a new password.
func (w *Writer) Reset(user identityapi.User, secret, redirectTo string) (mail.Message, error) {
	link := w.base + "/reset-password/" + secret + "?callbackURL=" + escape(redirectTo)
	return w.write(user, "Reset your password", content{
		Lead:  "Follow this link to choose a new password:",
		Link:  link,
		Close: "The link works for one hour and once. If you did not ask for it, ignore this mail: your password stays as it is.",
	})
}

func (w *Writer) write(user identityapi.User, subject string, c content) (mail.Message, error) {
	c.Name = user.Name
	var html strings.Builder
	if err := w.html.Execute(&html, c); err != nil {
		return mail.Message{}, fmt.Errorf("write mail: %w", err)
	}
	message := mail.Message{
		ID: uuid.NewString(), To: user.Email, Subject: subject, HTML: html.String(), Code: c.Code,
		Text: strings.Join([]string{c.Lead, c.Link + c.Code, c.Close}, "\n\n"),
	}
	if c.Link != "" {
		message.Links = []string{c.Link}
	}
	return message, nil
}

// escape encodes a query value as JavaScript's encodeURIComponent does: a space is %20.
func escape(value string) string {
	return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(url.QueryEscape(value))
}
