// Package social signs people in through identity providers, and links what they have
// there to an account here: any OpenID Connect provider, and GitHub.
//
// A flow begins here, goes through the provider in the browser, and comes back with a
// code. What the way back needs is kept under the hash of its state, sealed, for ten
// minutes and one use, and the browser proves by a cookie that it is the one that left
// (RFC 9700). Codes are bound by PKCE (RFC 7636), id tokens by a nonce, answers to the
// provider that was asked by its issuer (RFC 9207).
//
// Invariants: an address that a provider names counts only if the provider vouches for it;
// it opens an account that exists only if that one's address is confirmed too. Providers
// are asked at the endpoints of their own metadata and nowhere else, within limits of size
// and time, without redirects, and never inside a transaction. A provider that is down is an
// outage, not a refusal.
//
// Specifications: OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749, 7636, 9207, 9700.
//
// Next door: linked has the accounts that are linked, account opens sessions.
package social
