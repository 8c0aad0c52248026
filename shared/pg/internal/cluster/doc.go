// Package cluster runs one PostgreSQL cluster as a child process: it finds the
// programs, chooses the operating-system account that PostgreSQL accepts, makes
// the data folder, starts and stops the postmaster and clears away what a killed
// predecessor left.
//
// The invariant is that the child never outlives its purpose by accident and
// never dies before it: it has a process group of its own, so Ctrl-C reaches the
// parent alone, and on Linux the kernel signals it when the parent dies.
//
// The two users are pg/embedded, which keeps its data, and pg/pgtest, which does not.
package cluster
