// Package identityapi is the contract of the identity module: who exists, under which
// address, and what they may do. It is the only package of identity that other
// modules may import.
//
// Inside a major version it changes by addition only; contract.lock proves it.
package identityapi
