// Package session owns sign-in sessions: how long they live, when they are renewed,
// and how they end.
//
// A session is proved by a token of 256 random bits, of which only the SHA-256 is kept.
// That hash, in base64url, is the session's handle: it names the session in lists and
// revocations and gives no power to act as its user.
//
// Next door: token makes and hashes opaque tokens, refresh keeps the token families
// that live and die with a session, cookie carries the token to browsers.
package session
