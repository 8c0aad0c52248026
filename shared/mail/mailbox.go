package mail

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// keep is how many mails a Mailbox holds.
const keep = 5000

// Delivered is a message in a Mailbox.
type Delivered struct {
	Message
	SentAt time.Time
}

// Mailbox is the Sender of development: it keeps the newest 5000 messages in memory
// and shows them to everybody who asks. It is safe for concurrent use.
type Mailbox struct {
	now func() time.Time

	mu    sync.RWMutex
	mails []Delivered     // oldest first
	known map[string]bool // their ids
}

var _ Sender = (*Mailbox)(nil)

// NewMailbox returns an empty Mailbox.
func NewMailbox(now func() time.Time) *Mailbox {
	return &Mailbox{now: now, known: map[string]bool{}}
}

// Send implements Sender. Of messages with the same ID it keeps the first.
func (b *Mailbox) Send(_ context.Context, m Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	m.Links = slices.Clone(m.Links)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known[m.ID] {
		return nil
	}
	b.mails, b.known[m.ID] = append(b.mails, Delivered{m, b.now()}), true
	if len(b.mails) > keep {
		delete(b.known, b.mails[0].ID)
		b.mails[0] = Delivered{} // append copies the rest away in time; this one must not wait
		b.mails = b.mails[1:]
	}
	return nil
}

// List returns the mails to one address, newest first; all if to is empty. Upper and
// lower case are the same. Callers leave the Links as they are.
func (b *Mailbox) List(to string) []Delivered {
	return b.find(func(d Delivered) bool { return isTo(d, to) })
}

// Clear removes the mails to one address; all if to is empty.
func (b *Mailbox) Clear(to string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails = slices.DeleteFunc(b.mails, func(d Delivered) bool {
		if isTo(d, to) {
			delete(b.known, d.ID)
			return true
		}
		return false
	})
}

// find returns the mails that match, newest first.
func (b *Mailbox) find(match func(Delivered) bool) []Delivered {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var found []Delivered
	for _, d := range slices.Backward(b.mails) {
		if match(d) {
			found = append(found, d)
		}
	}
	return found
}

func isTo(d Delivered, to string) bool { return to == "" || strings.EqualFold(d.To, to) }
