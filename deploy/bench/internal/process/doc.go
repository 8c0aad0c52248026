// Package process runs the programs that are measured.
//
// A program is started on a leash: a shell holds the reading end of a pipe and ends the
// program as soon as the pipe closes, which the kernel does for a benchmark that dies of
// anything. So nothing outlives the run. The shell sleeps meanwhile and costs no CPU.
//
// What a program writes goes to a file, and the end of that file into the error when it
// does not come up.
//
// Next door: usage reads what the processes spend; target says which programs there are.
package process
