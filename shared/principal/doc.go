// Package principal says who is calling, in the terms of RFC 7519 and RFC 9068.
//
// Inside a process the principal travels in the context. Between processes it
// travels as a sealed header: a Sealer binds it to one audience, one request and a
// short life, so that a message cannot be replayed elsewhere. A handler that finds
// no principal refuses: there is no anonymous default.
package principal
