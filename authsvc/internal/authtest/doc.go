// Package authtest gives the tests of authsvc a world: the module's services over a real
// database of their own, a clock that tests move, and identity as a hand-written fake
// that can be cut off at any call.
//
// Mails are real jobs of the real queue, which nobody works off, so a test sees what was
// committed and nothing else.
package authtest
