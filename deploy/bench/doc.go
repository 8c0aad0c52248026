// Command bench measures Gatehouse beside a bare handler and the reference server: the same
// load, on the same machine, in one run. `make bench` builds everything and calls it.
//
// It starts and stops what it needs: a PostgreSQL cluster of its own in a scratch folder and
// one system at a time. All of it listens on loopback or a socket, and ends with this
// process whatever ends it. The report goes to standard output and to bench.md in the
// output folder.
//
//	bench [OUTPUT]
//
// Settings are variables:
//
//	BENCH_QUICK=1       a run of under a minute, to see that it works; its figures say nothing
//	BENCH_CONNECTIONS   connections of the load (16)
//	BENCH_ROUNDS        rounds, of which the medians are taken (3)
//	BENCH_SECONDS       measured seconds of each scenario (3)
//	BENCH_ONLY          steps, comma-separated: hops, embedded, systems, flat, held (all)
//	BENCH_BIN           folder of the binaries (bin)
//	REFERENCE_SERVER    folder of the reference server (../shared/reference-server)
package main
