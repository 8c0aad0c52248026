// Package origin decides which web origins may act and where links may lead (RFC 6454,
// RFC 9110 section 10.1.3, Fetch Metadata).
//
// An installation trusts its own origin and those that its operator lists: exact origins
// (https://app.example.com), hosts with wildcards (https://*.example.com, *.example.com) and
// the schemes of native apps (myapp://). A link may stay on the installation's own origin
// (a path) or lead to a trusted one.
//
// Invariant: what is accepted here, the client protocol's reference accepts too, and every
// browser understands as we do. Whatever could be read in two ways is refused: user names,
// backslashes, control characters, encoded separators, host names that are no host names.
//
// Next door: httpapi asks before each endpoint; the gateway answers CORS on its own.
package origin
