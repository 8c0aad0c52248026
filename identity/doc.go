// Package identity composes the identity module: who exists, under which address, and
// what they may do. It holds wiring and nothing else; only composition roots import it.
//
// Next door: identityapi is the contract, internal/user and internal/role hold the
// rules, migrations the tables.
package identity
