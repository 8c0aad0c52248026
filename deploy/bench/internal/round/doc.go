// Package round takes one system through all its scenarios once.
//
// Each scenario is a warm-up, a pause until the machine is quiet, the measured load, and
// another pause. CPU time is read at the two pauses, so work that a system puts off until
// after its answer (mail, audit, logs) is charged to the requests that caused it, and the
// generator's own is not.
//
// Next door: load drives, target starts, usage reads, report takes the medians of rounds.
package round
