// Package openidtest is an identity provider for tests: OpenID Connect with discovery,
// authorization, tokens, userinfo and keys, and the part of GitHub that people sign in with.
//
// It is strict where a provider may be, so that a client that forgets something fails: one
// client, exact redirect URIs, PKCE with S256, codes for one use, rotating refresh tokens.
// Knobs let it misbehave, as a broken or a hostile provider would.
package openidtest
