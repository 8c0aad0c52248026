// Package linked holds the ways in that a user has: accounts at identity providers, and the
// password, which the protocol lists beside them under the provider "credential".
//
// An account at a provider belongs to one user at most, and a user keeps at least one way
// in, however many are taken away at once. Tokens of providers are stored sealed.
//
// Next door: account owns the password itself; postgres.Linked is the store.
package linked
