// Package target starts the systems that are compared: a bare handler, Gatehouse in one
// process, Gatehouse as four, the reference server as it is, and Node.js at its best.
//
// All of them use one PostgreSQL cluster with the same settings, each a database of its own
// on it, reached over the same socket. Only one of them runs at a time. What is not said
// here is left as each system ships it: pool sizes, caches, password hashes.
//
// Next door: process runs the programs; scenario says what they are asked.
package target
