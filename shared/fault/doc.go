// Package fault is the one error vocabulary that crosses borders: between
// packages, between modules (in every shape) and out to HTTP.
//
// An *Error says what kind of failure happened (Kind), which one exactly (Code,
// stable, compared by errors.Is), and what a person may read about it (Message).
// Its cause (Err) is for the log and never leaves the process. A plain error,
// one without a fault in its chain, is a bug or an outage and counts as Internal.
package fault
