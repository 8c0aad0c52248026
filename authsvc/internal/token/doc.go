// Package token makes and reads the tokens of authsvc: opaque ones, access tokens (RFC 9068),
// the client protocol's JWT, and the mailed proof of an address.
//
// Invariants (RFC 8725): whatever is parsed is bounded in size and shape first; each kind
// has one algorithm, one type and one audience, so that none passes for another; keys come
// from our own ring and never from the token; the signature is judged before the claims.
//
// Next door: signingkey gives the keys, grant decides who gets a token, and the gateway
// verifies access tokens on its own.
package token
