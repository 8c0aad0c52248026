// Package gatewayapi states who may call whom: one table, from which the callers'
// checks, the bus permissions, the architecture test and the documents are derived.
package gatewayapi
