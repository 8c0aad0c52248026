// Package scenario says what the connections ask of each system: the same requests of
// Gatehouse and of the reference server where both speak the protocol, and the nearest thing
// where they do not.
//
// Every answer is checked, because a wrong one is cheap: a get-session that answers null is
// fast in any system.
//
// Next door: load drives the scripts; target starts the systems.
package scenario
