// Package wire says which types may cross between modules, and copies their values as a
// wire would.
//
// Next door: rpc checks types when a method is registered; Direct calls copy with it.
package wire
