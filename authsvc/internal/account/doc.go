// Package account holds the use cases around an account's sessions and password:
// sign up, sign in, sign out, list and revoke sessions, verify the address, reset
// the password.
//
// A sign-up crosses two schemas. The address is reserved in identity, the credential is
// stored here, then identity makes the user exist; a crash in between leaves the
// address free, a crash after it leaves an account whose password works.
//
// Everything that one use case writes here, its events and its mails included, is one
// transaction. Refusals that must be remembered (a failed sign-in) are written too.
//
// Next door: session has the rules of sessions, password the hashes, token the tokens,
// notice the mails; httpapi speaks the client's protocol.
package account
