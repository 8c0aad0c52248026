// Package hop measures what one call between two modules costs, in each way that modules
// can be placed: directly, through the codec, over a bus inside the process, and over TCP
// with caller, bus and service in three processes. A plain NATS request-reply over the same
// three processes is the floor of the last.
//
// The CPU time is that of everything involved, the caller too: all of it is the price of
// the hop. The call carries and returns about as much as the look-up of a session.
//
// Next door: shared/rpc and shared/bus are what is measured; load drives the calls.
package hop
