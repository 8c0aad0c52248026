// Package httpx is HTTP between an edge and the modules behind it: route tables as
// data, one pipeline around every handler, strict decoding, and the error formats.
//
// A module publishes a Table: its routes, each with a guard, limits and the text for
// the API document, and the handlers behind them. An edge reaches the table through
// a Mount, in the same process or over a bus; the handler cannot tell which. The
// zero Guard is invalid, so a route that forgot to say who may call it stops the start.
//
// Next door: rpc is for calls between modules; principal says who is calling.
package httpx
