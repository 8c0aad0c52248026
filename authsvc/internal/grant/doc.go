// Package grant hands out tokens at the OAuth token endpoint: a token pair for a session
// (RFC 8693) and a new pair for a refresh token (RFC 6749, section 6), and it says what a
// token is worth (RFC 7662) and ends it (RFC 7009).
//
// Every grant asks again whether the session lives and its user may sign in: a pair never
// outlives either (Pocket ID CVE-2026-43983).
package grant
