package events

import "github.com/gatehouse-auth/gatehouse/shared/fault"

// Faults of feeds and consumers. None of them goes away by trying again: somebody has
// to look.
var (
	// ErrTooLate means that the feed no longer keeps what comes after the cursor.
	ErrTooLate = fault.New(fault.Conflict, "events.too_late",
		"The feed no longer keeps the events after this position. Rebuild the consumer from another source, then set its cursor to the floor or later.")
	// ErrAhead means that the cursor is beyond what the feed has ever given: the
	// source was most likely restored from an older backup.
	ErrAhead = fault.New(fault.Conflict, "events.ahead",
		"The feed has not reached this position yet. If its database was restored from a backup, restore the consumer's to the same moment or set its cursor back.")
	// ErrGap means that a page was not the events that follow the cursor, one by one.
	ErrGap = fault.New(fault.Internal, "events.gap",
		"The feed has a gap. Nothing behind it is applied until the missing events are found.")
	// ErrUnknownType means that a consumer that sets nothing aside met a type that it
	// does not know.
	ErrUnknownType = fault.New(fault.Internal, "events.unknown_type",
		"The next event is of a type that this consumer does not know. Start a version that does.")
	// ErrInvalidRead means that the input of a feed makes no sense.
	ErrInvalidRead = fault.New(fault.Invalid, "events.invalid_read",
		"Name the consumer (lower-case letters, digits, '_', '-' and '.'), and give a position and a maximum of 0 or more.")
)
