// Package throttle applies the protocol's limits on requests per address: how many calls
// of one path an address may make in a window.
//
// A window slides with activity: it is over only after its whole length without an
// allowed call. Counts are per process; limits that must hold across processes and
// addresses are kept elsewhere, by account.
package throttle
