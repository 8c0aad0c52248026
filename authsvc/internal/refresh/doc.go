// Package refresh owns refresh tokens: families of tokens of which exactly one is good.
//
// A family is one row: its salt, its generation, when it last rotated. A token names its
// family and generation and proves both with an HMAC over the salt under a key that is
// not in the database, so tokens are recomputed, never stored, and no list of used ones
// is needed. Rotating is one atomic statement that moves the generation on; any number
// of parallel attempts yields one successor, and each of them computes the same one.
//
// A token one generation behind is answered with that same successor for GraceFor (the
// client may have lost the answer); any older token, or one behind after that time, was
// used twice, and the whole family ends (RFC 9700, section 4.14.2).
//
// A family lives and dies with its session. Next door: token mints the access tokens.
package refresh
