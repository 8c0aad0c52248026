// Package rpctest holds what tests of calls between modules share: Conform, the suite
// that every rpc.Caller passes, and Locked, which holds a contract to its contract.lock.
//
// Invariant: nothing here knows how a Caller works. What passes in one shape and not in
// another is a bug of the shape.
package rpctest
