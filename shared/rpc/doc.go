// Package rpc lets modules call each other through typed methods that behave the
// same in one process and across processes.
//
// A contract package declares each operation once:
//
//	var Find = rpc.Method[FindIn, FindOut]{Service: "catalog", Name: "find", Major: 1, Timeout: time.Second}
//
// The serving module registers Find.Handle(fn); a caller writes Find.Call(ctx, caller, in).
// Which Caller that is (Direct, Codec, or the bus's) is decided where the program is composed.
//
// Direct acts like remote. Four rules make it so:
//
//  1. Types are wire-safe: registration refuses functions, channels, interfaces,
//     unexported fields and fields hidden from JSON.
//  2. Nothing is aliased: values that hold references are copied, to what the codec makes of them.
//  3. Errors keep their kind, code and message and lose their cause, in every shape.
//  4. The handler's context carries the deadline, cancellation, principal and trace
//     of the caller and nothing else, so a smuggled transaction fails everywhere.
//
// Method timeouts and panic recovery apply in every shape too.
//
// The codec is json/v1 of go-json-experiment: it writes and reads what encoding/json does,
// in half the time. A json.Number of encoding/json travels as a string, and comes back.
package rpc
