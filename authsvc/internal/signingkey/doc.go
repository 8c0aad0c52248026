// Package signingkey owns the keys that sign tokens: Ed25519 (RFC 8032), sealed at rest
// under the root secret (XChaCha20-Poly1305, the key's id as associated data), published as
// a JWK Set (RFC 7517, RFC 8037), and rotated with overlap.
//
// Invariants: a key is published before it signs, so that every verifier knows it by then,
// and stays published until the last token it signed has died; the first key of an
// installation and that of one that has slept for longer than a key's life sign at once,
// as there is nobody who could have learnt of them before. A key that does not open stops
// signing: nothing is signed with another one instead.
//
// Next door: token mints with the key that signs now, postgres stores the sealed keys.
package signingkey
