// Package report turns rounds into tables that a person reads: medians, with units, and
// what each row is a measure of.
//
// A figure that was not taken is a dash, never a zero.
//
// Next door: round and hop take the figures.
package report
