// Package front is the gateway's face: one pipeline that every request passes, in this
// order: request id and caller's address, security headers, odd paths, CORS, the route,
// the guard, the body, the module, one log line.
package front
