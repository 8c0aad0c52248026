// Package twofactor holds second factors: authenticators (TOTP, RFC 6238), mailed codes and
// backup codes. A user enrols them, gives one to finish a sign-in that account.Service.Enter
// has asked for it, and gives them up.
//
// Invariants: a time step of an authenticator, a mailed code and a backup code are each good
// for one use, in any number of processes; wrong ones are counted in the transaction that
// judges them; the secret of an authenticator is stored sealed, codes as keyed hashes; every
// change of factors ends the sessions that were opened without it.
//
// All of it runs under the lock of the user's row, which is taken first.
//
// Next door: account asks for the factor, opens sessions and trusts browsers.
package twofactor
