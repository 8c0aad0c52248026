// Package magiclink signs people in by a mailed link, and creates the account of who has
// none: who can read mail at an address owns it.
//
// A link is good once and for five minutes. Of its token the SHA-256 is stored; the address
// and the name beside it are sealed. Tokens of other kinds lie in tables of their own, so
// that none is ever good for another's use.
package magiclink
