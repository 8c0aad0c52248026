// Package machine describes where the figures were taken, because figures without a
// machine say nothing.
//
// Next door: report writes the description above the tables.
package machine
