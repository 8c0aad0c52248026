// Package cookie reads and writes the protocol's cookies (RFC 6265): signed values, names
// and attributes, and what a browser holds of sessions.
//
// A signed value is value "." base64(HMAC-SHA-256(secret, value)), percent-encoded. Invariants:
// a value that does not verify counts as absent, no cookie has a Domain, and an answer
// carries one Set-Cookie per name at most, the last that was meant.
//
// Next door: httpapi says which cookies an answer gets, session knows what a token is worth.
package cookie
