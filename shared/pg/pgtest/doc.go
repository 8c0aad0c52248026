// Package pgtest gives tests a real PostgreSQL: a database each, a migrated
// schema each, or a transaction each that rolls back.
//
// One private cluster runs per test process. It starts on demand from a cached,
// initialised data folder, listens on a unix socket only, does not care for
// durability, lies in memory where there is room, and is gone when the process
// ends, however it ends: a small watcher process outlives the tests, stops the
// server and removes its files.
//
// The cluster trusts every local login, so passwords prove nothing here; roles and
// grants are real. A missing PostgreSQL fails the test. Only -short skips it.
//
// What to use: Tx for a store (under 1 ms), Schema when commits or several
// connections matter (about 35 ms), Admin for bootstrap and migrations themselves.
package pgtest
