// Package verify checks an export of the audit log without the server that made it, with
// another implementation of RFC 6962 (github.com/transparency-dev/merkle) than the one
// that built the log: what both agree on is not one library's mistake.
//
// It accepts an export only if everything in it was checked: the signature, the root over
// all leaves, the order of the events of each module without gaps, and the commitments to
// all personal data that is still there.
package verify
