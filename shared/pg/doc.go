// Package pg is the plumbing between a module and its PostgreSQL schema: pools
// that belong to one role, transactions that retry, storage errors turned into
// faults, migrations under one polled lock, and the bootstrap of roles and
// schemas.
//
// The invariant is the wall: a module m works as role m, inside schema m, on
// tables owned by m_owner. Prepare builds that wall, Open refuses a connection
// of any other role, and the grants make the rest answer 42501.
//
// Statements with arguments always use the extended protocol, so no argument is
// ever quoted into SQL text (CVE-2024-27289, CVE-2026-41889); a URL that asks for
// the simple protocol is refused. Statements without arguments (utility
// statements, migration files) have nothing to quote.
//
// Migrations and Prepare hold a session-level advisory lock. They need a direct
// connection, not a pooler in transaction mode.
//
// Next door: pg/embedded runs a private PostgreSQL as a child process, pg/pgtest
// gives tests a database each.
package pg
