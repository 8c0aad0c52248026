// Package shape starts the whole system in each of the shapes that it can have, for tests
// that see it from outside only: one process with plain, encoded or bus calls; two
// processes' worth of modules over NATS; and real processes.
//
// Every system has a database server of its own, free ports and a data folder of its own,
// and ends with the test. What it logs is shown when the test fails.
package shape
