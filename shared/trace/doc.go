// Package trace carries what ties the log lines of one request together across
// modules: the request id and the W3C trace context.
//
// It is one of the few values that survive a call between modules; see rpc.
package trace
