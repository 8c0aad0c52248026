package leaf

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/gatehouse-auth/gatehouse/shared/events"
)

// version of the leaf's form. A reader refuses versions that it does not know.
const version = 1

// Leaf is one entry of the log.
type Leaf struct {
	Version    int             `json:"v"`
	EventID    string          `json:"event_id"`
	Source     string          `json:"source"` // module whose feed it came from
	Pos        int64           `json:"pos"`    // its number there, without gaps
	Time       string          `json:"time"`   // RFC 3339, UTC, microseconds
	Action     string          `json:"action"`
	Outcome    string          `json:"outcome"`
	Actor      string          `json:"actor"`
	Subject    string          `json:"subject"`
	RequestID  string          `json:"request_id"`
	Facts      json.RawMessage `json:"facts,omitempty"`
	Commitment string          `json:"pd_commit,omitempty"` // hex; empty without personal data
}

// TimeFormat is the form of Leaf.Time.
const TimeFormat = "2006-01-02T15:04:05.000000Z"

// Of returns the leaf of an event. Commitment is that of its personal data, "" if it has none.
func Of(source string, ev events.Event, commitment string) Leaf {
	return Leaf{
		Version: version, EventID: ev.ID, Source: source, Pos: ev.Pos, Time: ev.At.UTC().Format(TimeFormat),
		Action: ev.Type, Outcome: string(ev.Outcome), Actor: ev.Actor, Subject: ev.Key, RequestID: ev.RequestID,
		Facts: ev.Body, Commitment: commitment,
	}
}

// Bytes returns the leaf as the tree holds it.
func (l Leaf) Bytes() ([]byte, error) {
	raw, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("encode leaf: %w", err)
	}
	return Canonical(raw)
}

// Parse reads a leaf from the tree's bytes.
func Parse(raw []byte) (Leaf, error) {
	var l Leaf
	if err := json.Unmarshal(raw, &l); err != nil {
		return Leaf{}, fmt.Errorf("decode leaf: %w", err)
	}
	if l.Version != version {
		return Leaf{}, fmt.Errorf("leaf has version %d, this program knows %d", l.Version, version)
	}
	if _, err := time.Parse(TimeFormat, l.Time); err != nil {
		return Leaf{}, fmt.Errorf("leaf time: %w", err)
	}
	return l, nil
}

// Canonical returns JSON in its canonical form (RFC 8785).
func Canonical(raw []byte) ([]byte, error) {
	value := jsontext.Value(append([]byte(nil), raw...))
	if err := value.Canonicalize(); err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	return value, nil
}

// Commit returns the commitment to canonical personal data: HMAC-SHA-256 keyed with the salt.
func Commit(salt [32]byte, canonical []byte) string {
	mac := hmac.New(sha256.New, salt[:])
	mac.Write(canonical)
	return hex.EncodeToString(mac.Sum(nil))
}
