// Package route finds the route of a request in the tables of all mounted services.
//
// A Router is immutable; a Switch holds the current one and swaps it when services come
// and go, so a new module needs neither a change nor a restart of the gateway.
package route
