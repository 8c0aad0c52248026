package mail

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// deliveredJSON is a mail in the answer of ServeJSON. The names are what tests of
// clients read.
type deliveredJSON struct {
	ID      string   `json:"id"`
	To      string   `json:"to"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	HTML    string   `json:"html"`
	Links   []string `json:"links"`
	Code    *string  `json:"code"` // null: none
	SentAt  string   `json:"sentAt"`
}

// milliseconds is how JavaScript writes a time.
const milliseconds = "2006-01-02T15:04:05.000Z"

// ServeJSON answers GET with the mails as an array, newest first, and removes them on
// DELETE (204). A parameter "to" limits both to one address.
func (b *Mailbox) ServeJSON(w http.ResponseWriter, r *http.Request) {
	to := r.URL.Query().Get("to")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		b.writeJSON(w, to)
	case http.MethodDelete:
		b.Clear(to)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", "GET, HEAD, DELETE")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (b *Mailbox) writeJSON(w http.ResponseWriter, to string) {
	mails := []deliveredJSON{} // never null
	for _, d := range b.List(to) {
		mails = append(mails, toJSON(d))
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(mails); err != nil {
		http.Error(w, "the mailbox cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(bytes.TrimSuffix(body.Bytes(), []byte("\n"))) // whoever asked has gone
}

func toJSON(d Delivered) deliveredJSON {
	out := deliveredJSON{
		ID: d.ID, To: d.To, Subject: d.Subject, Text: d.Text, HTML: d.HTML,
		Links: append([]string{}, d.Links...), SentAt: d.SentAt.UTC().Format(milliseconds),
	}
	if d.Code != "" {
		out.Code = &d.Code
	}
	return out
}
