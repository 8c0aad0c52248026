// Package bus carries calls, HTTP requests and wake-ups between processes over NATS.
//
// It implements the remote half of three interfaces: rpc.Caller, httpx.Directory and the
// wake-ups of the event feeds. Code above them cannot tell whether it runs on the bus.
//
// Subjects:
//
//	rpc.<service>.v<major>.<method>.<caller>   a call; the last token says who calls
//	http.<service>.<route>                     a request, as an HTTP/1.1 message (RFC 9112)
//	evt.<service>                              something new in that service's feed
//	evt.<service>.epoch                        something changed of which others keep copies
//	sys.up                                     a service came up or changed
//	_INBOX.<caller>.<service>.>                that service's answers to that caller
//
// Invariants:
//
//   - Nobody is anonymous. Each module signs the server's nonce with a key derived from
//     the root secret, and may publish and subscribe only what the call graph gives it.
//     The caller's name in a subject is therefore vouched for by the server.
//   - A call that ends in rpc.ErrUnreached or ErrOverloaded did not run. About any other
//     failure on the way nothing is known, and ErrLost says so at once when the
//     connection goes, instead of at the end of the time-out.
//   - The bus never holds a message back for later: while it is away, calls fail.
//   - A message above 1 MiB, headers included, is refused where it is made.
//
// The principal travels sealed for its audience and its request (package principal). The
// connection itself is not encrypted unless the URL says tls://, so the embedded server
// belongs on loopback or a private network.
//
// Next door: rpc has the in-process callers and the Router that repeats calls; httpx has
// route tables and the pipeline that runs on both sides.
package bus
