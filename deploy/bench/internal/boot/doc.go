// Package boot measures what it takes to begin: the time from the start of the program to
// its first good answer, and the size of the programs.
//
// Times include the shell that holds the program on its leash, about 2 ms, and are asked
// for once a millisecond.
//
// Next door: target starts the systems; round reads what they hold in memory.
package boot
