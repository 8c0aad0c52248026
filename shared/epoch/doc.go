// Package epoch lets modules keep copies of what another module knows, without ever using
// one that is out of date.
//
// A source is a module with a database. Each transaction that changes something of which
// others keep copies raises the source's number, as its last act, and says what changed:
// marks, each a scope and a key. Triggers of the tables do that (Migrations), so that no
// writer can forget it. A copy is stamped with the number that was known before it was
// read. The one rule: a copy is out of date when a newer number stands at one of its marks.
// It is a sequence of commits and no time, so no clock decides.
//
// A Follower holds the newest numbers in memory. Wake-ups make it quick, and it relies on
// none of them: it asks the source all the time, and the answer to a question that began
// at t is a lease until t + Life. Without a lease nothing in memory counts: whoever needs
// one asks there and then (Ensure), or goes to the source itself. Proof of the bound: a
// lease asked for before a change was committed ends at most Life after it; one asked for
// later holds it. The lease runs on a clock that goes on while a machine sleeps and that
// nobody can set.
//
// A Source knows who follows. After a commit that raised the number, Settle waits until
// every holder has followed or its lease must have ended. So what follows a write reads the
// write, in every process.
//
// Memory is bounded: when a Follower has too many numbers, or they are old, it forgets the
// oldest and takes everything stamped before them for out of date (its floor). A source
// does the same with its entries. After a restored backup the number leaps, and everything
// from before is out of date.
//
// Copies and Packs are places for the copies themselves: Packs for many small ones.
//
// Next door: pg.InTx calls Settle; rpc carries the questions; events.Wake the wake-ups.
package epoch
