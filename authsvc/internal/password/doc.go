// Package password hashes and checks passwords: argon2id (RFC 9106) for all new hashes, as
// PHC strings, and the two formats that imported accounts bring, better-auth's scrypt
// (RFC 7914) and bcrypt.
//
// Invariants: a stored hash is never executed before its costs were found within bounds,
// and hashing takes a permit, of which there is one for each processor but one (ADR 25); a
// bounded number may wait for one for a bounded time, and whoever comes then is turned
// away. So neither a storm of sign-ins nor a bad row takes more memory or time than the
// machine has, and who is signed in notices little of either.
//
// Next door: account decides when a password is asked for, postgres keeps the hashes.
package password
