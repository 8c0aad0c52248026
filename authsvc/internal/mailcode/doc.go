// Package mailcode is what mailed codes are good for: signing in (and up), confirming an
// address, changing it, choosing a new password.
//
// Whether an address has an account shows in none of the answers that cost no code. Who
// holds the right code may learn it, because the code has proved that the address is theirs.
package mailcode
