// Package phone is what phone numbers and codes sent to them are good for: signing in (and
// up), adding a number to an account, choosing a new password.
//
// A number is kept in the form of E.164, +4915550100, however it is spelled. It belongs to
// one user at most, and to nobody before a code has proved it. Who signs up by number has a
// made-up address in a domain that does not exist.
package phone
