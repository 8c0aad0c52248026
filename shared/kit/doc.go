// Package kit composes modules into programs.
//
// A module is a Spec: its name, its configuration, its contract, its migrations and a
// constructor. Which modules run in this process is a setting; the others are reached
// over the bus. A monolith, a full split and every mixture are the same call of Main
// with other settings, and a module cannot tell in which of them it runs.
//
// The order of a start: read settings, prepare the database, migrate, build the
// modules, bind their handlers, check that every declared method is served, start
// loops, accept requests. The order of a stop is the reverse, within one budget.
package kit
