// Package events carries what happened in one module to the others, without
// losing, repeating or reordering anything, and without a broker.
//
// The way of an event:
//
//   - Add writes it to the module's own outbox, in the transaction of the change.
//     Both commit or neither does.
//   - A Relay, a loop of the same module, gives committed events their position:
//     1, 2, 3, ... without a gap. Numbers are given after the commit, so an event that
//     commits late is never behind a reader (watermill#311).
//   - A Feed serves numbered events through an ordinary method of the contract.
//   - A Consumer in another module pulls the feed. Its cursor lies in its own schema
//     and moves in the transaction of the effects, so each event takes effect exactly
//     once. Replay is moving the cursor back.
//   - Wake tells consumers that there is something to read. A wake-up that gets lost
//     costs a few seconds and nothing else.
//
// Invariant: what a consumer has applied is the feed from position 1 to its cursor,
// whole. A gap, a position that is no longer kept or one that was never given stops
// the consumer with an error; none is skipped. Events that it may set aside (Park)
// are kept in its schema until they are applied.
//
// Order: a writer locks the row that the event is about before it calls Add. Then
// events of one key have the order of the changes. Between keys there is no order.
//
// The tables come from Migrations. Next door: rpc carries the feed's method, pg owns
// transactions, and the bus has the Wake that reaches other processes.
package events
