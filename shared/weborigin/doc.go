// Package weborigin reads what an operator trusts and decides which origins and URLs
// belong to it (RFC 6454, URL Standard).
//
// A pattern is an exact origin (https://app.example.com), hosts with wildcards
// (https://*.example.com, *.example.com) or the scheme of a native app (myapp://).
//
// Invariant: whatever could be read in two ways is refused: user names, backslashes,
// control characters, encoded separators, host names that are no host names. A pattern
// that names no domain (*, https://*) trusts nothing.
package weborigin
