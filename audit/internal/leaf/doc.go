// Package leaf writes an event down as a leaf of the log: canonical JSON (RFC 8785) of the
// facts, without personal data. Of that the leaf holds only a salted commitment, which
// keeps its proof valid after the data has been erased.
package leaf
