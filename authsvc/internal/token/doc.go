// Package token makes and reads the tokens of authsvc: opaque ones, access tokens
// (RFC 9068), the client protocol's JWT, and the mailed proof of an address.
//
// Whatever is parsed is bounded in size first, and each kind has one algorithm (RFC 8725).
package token
