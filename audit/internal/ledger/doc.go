// Package ledger is the log as a whole: it takes events in, in order and exactly once,
// signs checkpoints, and answers queries with proofs.
//
// Intake runs inside the consumer's transaction: leaves, tree hashes, personal data and
// the feed's cursor commit together. Next door: leaf, tree and vault are its parts.
package ledger
