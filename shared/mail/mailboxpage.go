package mail

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the page
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"
	"time"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// pageMails is how many mails one page shows.
const pageMails = 100

// Seconds between two looks: a page without mail has nothing that a reload disturbs.
const (
	refreshEmpty = 2
	refreshLive  = 5
)

// page is what page.html shows.
type page struct {
	To      string // the search
	Live    bool
	Total   int
	Keep    int
	Refresh int // seconds; 0: never
	Mails   []pageMail
	Style   template.CSS
}

type pageMail struct {
	Message
	SentAt, Ago string
}

// ServePage answers GET with a page for people: the mails, newest first. The parameter
// "to" searches in addresses, "live=1" lets the page reload itself, and "html" shows
// the HTML of the mail with that id, in a sandbox.
func (b *Mailbox) ServePage(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	query := r.URL.Query()
	if id := query.Get("html"); id != "" {
		b.serveHTML(w, r, id)
		return
	}
	page := b.page(strings.TrimSpace(query.Get("to")), query.Get("live") == "1")
	layout, err := template.New("page").Parse(pageHTML)
	if err != nil {
		http.Error(w, "the mailbox cannot be shown", http.StatusInternalServerError)
		return
	}
	var body bytes.Buffer
	if err := layout.Execute(&body, page); err != nil {
		http.Error(w, "the mailbox cannot be shown", http.StatusInternalServerError)
		return
	}
	writePage(w, body.Bytes(), "default-src 'none'; style-src '"+styleHash()+"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
}

// page collects what one page shows.
func (b *Mailbox) page(to string, live bool) page {
	needle := strings.ToLower(to)
	found := b.find(func(d Delivered) bool { return strings.Contains(strings.ToLower(d.To), needle) })
	p := page{To: to, Live: live, Total: len(found), Keep: keep, Style: template.CSS(pageCSS)} //nolint:gosec // a file of this package
	switch {
	case live:
		p.Refresh = refreshLive
	case len(found) == 0:
		p.Refresh = refreshEmpty
	}
	for _, d := range found[:min(len(found), pageMails)] {
		p.Mails = append(p.Mails, pageMail{d.Message, d.SentAt.UTC().Format(milliseconds), ago(b.now().Sub(d.SentAt))})
	}
	return p
}

// serveHTML shows one mail as a mail program would. Its HTML runs nothing and belongs
// to no origin, but its links open.
func (b *Mailbox) serveHTML(w http.ResponseWriter, r *http.Request, id string) {
	found := b.find(func(d Delivered) bool { return d.ID == id })
	if len(found) == 0 || found[0].HTML == "" {
		http.NotFound(w, r)
		return
	}
	writePage(w, []byte(found[0].HTML), "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "+
		"sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation")
}

func writePage(w http.ResponseWriter, body []byte, policy string) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", policy)
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body) // whoever asked has gone
}

// styleHash names the page's style in its content security policy (CSP 3, section 2.3.1).
func styleHash() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func ago(d time.Duration) string {
	if d < time.Minute {
		return "just now"
	}
	return strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s") + " ago"
}
