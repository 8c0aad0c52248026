// Package origin decides which web origins may act and where links may lead (RFC 6454,
// RFC 9110 section 10.1.3, Fetch Metadata).
//
// An installation trusts its own origin and the patterns that its operator lists
// (shared/weborigin). A link may stay on the installation's own origin (a path) or lead to
// a trusted one.
//
// Invariant: what is accepted here, the client protocol's reference accepts too, and every
// browser understands as we do.
//
// Next door: httpapi asks before each endpoint; the gateway answers CORS from the same
// patterns.
package origin
