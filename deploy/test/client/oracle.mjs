#!/usr/bin/env node
// Starts the reference server, prints its URL, and stops it at Ctrl-C, at SIGTERM or after two hours: node oracle.mjs [PROFILE]
import { startOracle } from "./lib/oracle.mjs";

const LONGEST_MS = 2 * 60 * 60 * 1000;

const oracle = await startOracle({ profile: process.argv[2] });
console.log(oracle.url);
await new Promise((resolve) => {
	const timer = setTimeout(resolve, LONGEST_MS);
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
		process.once(signal, () => {
			clearTimeout(timer);
			resolve();
		});
	}
});
await oracle.stop();
