// Package tree grows the Merkle tree of the log (RFC 6962, through
// golang.org/x/mod/sumdb/tlog), proves membership and growth, and signs checkpoints as
// C2SP signed notes.
package tree
