// Package code owns one-time codes: six digits that are sent to an address or a number and
// prove, when they come back, that somebody reads there.
//
// Of one purpose and one subject one code is good at a time, for five minutes, for three
// wrong tries and for one use. What is stored says neither the code nor whom it was sent to:
// both are keyed hashes. A subject that nobody has gets a code too, which is never sent, so
// that tries at it are answered alike. How many codes a subject is sent is bounded across
// purposes and processes, because each one is three guesses more.
//
// A use is two steps. Check judges a try and counts a wrong one, and that is stored whatever
// follows. Use consumes the code in the transaction of what it is good for; of parallel uses
// one succeeds.
//
// Next door: mailcode and phone say what codes are good for.
package code
