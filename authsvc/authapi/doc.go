// Package authapi is the contract of the authsvc module: everything that proves who
// is calling. It is the only package of authsvc that other modules may import.
//
// Inside a major version it changes by addition only; contract.lock proves it.
package authapi
