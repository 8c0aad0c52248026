// Package load is the generator: a closed loop over a fixed number of connections.
//
// Each worker does one thing after the other and waits for each, so the load never exceeds
// what the server takes, and latencies hold no queue of the generator's own. A run is
// bounded in time and in count.
//
// An operation that fails is counted apart and never enters the latencies: an error is
// often quicker than an answer.
//
// Next door: scenario says what an HTTP connection asks; hop has workers without HTTP;
// usage measures what the servers spend meanwhile.
package load
