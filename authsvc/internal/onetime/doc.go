// Package onetime hands a session over to another place, such as a front end on another
// domain: for a token that works once and for three minutes, it gives back the session
// that asked for it, not a new one.
//
// The token of the session is kept sealed for that time, under the root secret and labelled
// with the one-time token, which is kept as a hash. So neither the rows nor the root secret
// open a session, and both do so only together with the one-time token.
package onetime
