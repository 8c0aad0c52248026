// Package post sends mail durably: a mail is a job row, stored in the transaction that
// causes it and worked off by river (github.com/riverqueue/river), so that no request
// waits for a provider and none that is down loses a mail.
//
// The row holds the mail sealed: its links carry secrets. The mail's id is the
// provider's idempotency key, so a retry after a lost answer is not a second mail.
package post
