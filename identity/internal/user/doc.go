// Package user owns people: their address, profile and whether they are banned.
//
// Invariants: an id is a UUIDv7 (RFC 9562, section 5.7) and never used twice; an address
// is normalised and belongs to at most one user. A sign-up first reserves the address
// and then activates the reservation. A reservation blocks nobody: the next one for the
// same address replaces it, so a crash between the two steps leaves the address free.
//
// Next door: role says what a user may do, postgres keeps both.
package user
