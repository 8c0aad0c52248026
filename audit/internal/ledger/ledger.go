package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/audit/internal/leaf"
	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
	"github.com/gatehouse-auth/gatehouse/audit/internal/vault"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Faults of queries.
var (
	ErrUnknown    = fault.New(fault.NotFound, "audit.event_unknown", "There is no such event in the log.")
	ErrNotYet     = fault.New(fault.Unavailable, "audit.not_yet_signed", "The event is in the log and not yet under a signed checkpoint. Try again in a second.").WithRetryAfter(time.Second)
	ErrEmpty      = fault.New(fault.NotFound, "audit.empty", "The log has no checkpoint yet.")
	ErrBadRequest = fault.New(fault.Invalid, "audit.request", "")
)

// Record is a leaf as it is stored, with the columns that queries use.
type Record struct {
	Index     int64
	EventID   string
	Bytes     []byte
	Source    string
	Pos       int64
	At        time.Time
	Action    string
	Outcome   string
	Actor     string
	Subject   string
	RequestID string
}

// Secret is the personal data of a record as it is stored, with its subject's key.
type Secret struct {
	Index int64
	Entry vault.Entry
	Key   vault.Key
}

// Tx is what taking events in can read and write in one transaction.
type Tx interface {
	// LockSize returns the size of the tree and keeps others from growing it until the end.
	LockSize(ctx context.Context) (int64, error)
	// Stored reads the tree's hashes.
	Stored(ctx context.Context) tree.Reader
	// SubjectKeys returns the keys of the subjects of fresh, whose key becomes that of a
	// subject which has none.
	SubjectKeys(ctx context.Context, fresh map[string]vault.Key) (map[string]vault.Key, error)
	Append(ctx context.Context, a Addition) error
}

// Addition is what the log grows by.
type Addition struct {
	First    int64 // index of the first of Hashes
	Hashes   []tree.Hash
	Records  []Record
	Personal map[int64]vault.Entry // by the index of its record
	Size     int64                 // of the tree with all that
}

// Store reads the log and keeps its checkpoints.
type Store interface {
	Size(ctx context.Context) (int64, error)
	Stored(ctx context.Context) tree.Reader
	LastCheckpoint(ctx context.Context) (tree.Checkpoint, error) // ErrEmpty if there is none
	AddCheckpoint(ctx context.Context, c tree.Checkpoint) error
	Find(ctx context.Context, eventID string) (Record, error) // ErrUnknown if there is none
	List(ctx context.Context, q Query) ([]Record, error)
	// Range returns the records from first on, below limit, at most count of them.
	Range(ctx context.Context, first, limit int64, count int) ([]Record, error)
	Secrets(ctx context.Context, indexes []int64) ([]Secret, error)
}

// Query selects records. Empty fields do not narrow.
type Query struct {
	Actor, Subject, Action string
	From, To               time.Time // From <= at < To
	Before                 int64     // index below this one; 0: from the newest
	Limit                  int
}

// Ledger is the log. It is safe for concurrent use.
type Ledger struct {
	store  Store
	vault  *vault.Vault
	signer *tree.Signer
	grown  chan struct{}
}

// New returns the Ledger on a store.
func New(store Store, v *vault.Vault, signer *tree.Signer) *Ledger {
	return &Ledger{store: store, vault: v, signer: signer, grown: make(chan struct{}, 1)}
}

// Take appends events of one source, in their order, in the transaction tx.
func (l *Ledger) Take(ctx context.Context, tx Tx, source string, batch []events.Event) error {
	size, err := tx.LockSize(ctx)
	if err != nil {
		return err
	}
	keys, err := l.subjectKeys(ctx, tx, batch)
	if err != nil {
		return err
	}
	growth := tree.Grow(size, tx.Stored(ctx))
	added := Addition{Records: make([]Record, 0, len(batch)), Personal: map[int64]vault.Entry{}}
	for _, ev := range batch {
		record, entry, err := l.record(growth, source, ev, keys[ev.Key])
		if err != nil {
			return err
		}
		added.Records = append(added.Records, record)
		if entry != nil {
			added.Personal[record.Index] = *entry
		}
	}
	added.First, added.Hashes = growth.New()
	added.Size = growth.Size()
	return tx.Append(ctx, added)
}

// subjectKeys returns the keys of those of whom the events hold personal data.
func (l *Ledger) subjectKeys(ctx context.Context, tx Tx, batch []events.Event) (map[string]vault.Key, error) {
	fresh := map[string]vault.Key{}
	for _, ev := range batch {
		if isPersonal(ev) && fresh[ev.Key] == nil {
			fresh[ev.Key] = l.vault.NewKey(ev.Key)
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	return tx.SubjectKeys(ctx, fresh)
}

// isPersonal reports whether the event holds personal data.
func isPersonal(ev events.Event) bool {
	return len(ev.Personal) > 0 && string(ev.Personal) != "{}" && string(ev.Personal) != "null"
}

// record makes the leaf of one event and adds it to the growing tree.
func (l *Ledger) record(growth *tree.Growth, source string, ev events.Event, key vault.Key) (Record, *vault.Entry, error) {
	var sealed *vault.Entry
	commitment := ""
	if isPersonal(ev) {
		entry, commit, err := l.vault.Seal(ev.Key, key, ev.ID, ev.Personal)
		if err != nil {
			return Record{}, nil, err
		}
		sealed, commitment = &entry, commit
	}
	raw, err := leaf.Of(source, ev, commitment).Bytes()
	if err != nil {
		return Record{}, nil, err
	}
	index, err := growth.Add(raw)
	return Record{
		Index: index, EventID: ev.ID, Bytes: raw, Source: source, Pos: ev.Pos, At: ev.At, Action: ev.Type,
		Outcome: string(ev.Outcome), Actor: ev.Actor, Subject: ev.Key, RequestID: ev.RequestID,
	}, sealed, err
}

// Entry is a record as a reader of the log sees it.
type Entry struct {
	Record
	Facts    json.RawMessage
	Personal json.RawMessage // nil if there was none, or it has been erased
	Salt     []byte          // of the commitment to Personal
}

// List returns the entries that the query selects, newest first, and whether there are
// more: beyond the limit, or beyond what fits one answer.
func (l *Ledger) List(ctx context.Context, q Query) (list []Entry, more bool, err error) {
	limit := q.Limit
	q.Limit++ // one more tells whether there is more
	records, err := l.store.List(ctx, q)
	if err != nil {
		return nil, false, err
	}
	entries, err := l.entries(ctx, records)
	if err != nil {
		return nil, false, err
	}
	kept := min(limit, fitting(entries))
	if len(entries) <= kept {
		return entries, false, nil
	}
	return entries[:kept], true, nil
}

// entries adds facts and personal data to records.
func (l *Ledger) entries(ctx context.Context, records []Record) ([]Entry, error) {
	indexes := make([]int64, 0, len(records))
	for _, r := range records {
		indexes = append(indexes, r.Index)
	}
	secrets, err := l.store.Secrets(ctx, indexes)
	if err != nil {
		return nil, err
	}
	byIndex := make(map[int64]Secret, len(secrets))
	for _, s := range secrets {
		byIndex[s.Index] = s
	}
	entries := make([]Entry, 0, len(records))
	for _, r := range records {
		parsed, err := leaf.Parse(r.Bytes)
		if err != nil {
			return nil, fmt.Errorf("leaf %d: %w", r.Index, err)
		}
		e := Entry{Record: r, Facts: parsed.Facts}
		if s, ok := byIndex[r.Index]; ok {
			if e.Personal, err = l.vault.Open(s.Key, r.EventID, s.Entry); err != nil {
				return nil, fmt.Errorf("personal data of leaf %d: %w", r.Index, err)
			}
			e.Salt = s.Entry.Salt[:]
		}
		entries = append(entries, e)
	}
	return entries, nil
}
