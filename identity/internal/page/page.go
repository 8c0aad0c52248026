package page

import (
	"encoding/base64"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// ErrCursor is returned for a cursor that this list did not give out.
var ErrCursor = fault.New(fault.Invalid, "identity.cursor_invalid", "This cursor does not belong to this list. Start again without one.")

// Cursors seals and opens cursors. It is safe for concurrent use.
type Cursors struct{ box *secret.Box }

// New returns the Cursors of an installation.
func New(root secret.Root) (*Cursors, error) {
	box, err := root.Box("identity/page")
	if err != nil {
		return nil, fmt.Errorf("key of page cursors: %w", err)
	}
	return &Cursors{box}, nil
}

// Seal returns the cursor of a position in a list. List names the list and its filter.
func (c *Cursors) Seal(list, position string) string {
	return base64.RawURLEncoding.EncodeToString(c.box.Seal([]byte(position), list))
}

// Open returns the position that Seal made the cursor of, for the same list, or
// ErrCursor. The empty cursor is the position before the first entry.
func (c *Cursors) Open(list, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return "", ErrCursor
	}
	position, err := c.box.Open(sealed, list)
	if err != nil {
		return "", ErrCursor
	}
	return string(position), nil
}
