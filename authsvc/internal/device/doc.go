// Package device tells a browser that a user has signed in with before from one that is
// new. A browser is known by a random id in a cookie that outlives its sessions, or, where
// it keeps no cookies, by its place: the network that it comes from, together with the
// kind of browser that it is.
//
// Both are kept per user, as hashes. The id is a secret of the browser: who sends it was
// here before. The place is not: whole offices share one, so it may spare the owner a
// mail, and must not open anything.
//
// Next door: account decides what a new device means, cookie carries the id.
package device
