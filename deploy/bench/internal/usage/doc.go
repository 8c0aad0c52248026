// Package usage reads what processes have spent: CPU time and resident memory of a process
// and everything below it, from /proc (proc(5)).
//
// The CPU time of a tree includes its children that have ended and were waited for, as
// PostgreSQL's backends are, so the difference of two readings misses nothing. It counts in
// steps of 10 ms for each process.
//
// Only Linux has these files; elsewhere every reading is ErrUnsupported.
//
// Next door: process starts the trees that are read here.
package usage
