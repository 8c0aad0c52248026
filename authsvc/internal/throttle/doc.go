// Package throttle bounds how often somebody may try.
//
// Limiter has the protocol's limits per address: how many calls of one path an address may
// make in a window. A window slides with activity: it is over only after its whole length
// without an allowed call. Its counts are per process.
//
// Guess bounds guessing at what one account keeps secret, from whatever address, through
// whatever process: a few wrong guesses are free, then each opens a longer pause. Its counts
// are rows, written in the transaction that records the wrong guess. A right guess during a
// pause is refused like a wrong one, or guessing many at once would pass by.
//
// Pauses must not lock an owner out: a browser that the account knows has a count of its
// own, and what a mail to the owner proves is no guess.
package throttle
