// Package admin holds what administrators do with other users: make, find, change, ban and
// delete them, end their sessions, set their password, act as them.
//
// Invariants: identity is asked at each use whether the caller may; nobody does anything to
// a user who may do what the caller may not; nobody gives a role that holds more than they
// hold; who acts as somebody else administers nothing. Refusals are recorded.
//
// Next door: identity owns users, roles and permissions; account owns sessions, passwords
// and the deletion of users; httpapi speaks the client's protocol.
package admin
