package account

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/device"
)

// Acquaintance says how well a user knows a device.
type Acquaintance struct {
	Any  bool // the user has signed in before, with whatever device
	This bool // with this one, or from its place
}

// KnownDevice reports whether the request comes from a browser that the user has signed in
// with before: one that holds the id which it got then. The place alone does not count.
func (s *Service) KnownDevice(ctx context.Context, userID string, from Origin) (bool, error) {
	if from.Browser == "" || userID == "" {
		return false, nil
	}
	return s.Store.KnowsDevice(ctx, userID, device.ByID(from.Browser))
}

// meet remembers the device of a sign-in, and returns what the user knew of it before.
func (s *Service) meet(ctx context.Context, tx Tx, userID string, from Origin) (Acquaintance, error) {
	return tx.MeetDevice(ctx, userID, marksOf(from), s.Now())
}

// marksOf returns by which marks the device of a request is known.
func marksOf(from Origin) []device.Mark {
	marks := []device.Mark{device.ByPlace(from.IP, from.UserAgent)}
	if from.Browser != "" {
		marks = append(marks, device.ByID(from.Browser))
	}
	return marks
}
