#!/usr/bin/env node
// The whole comparison: node client-test.mjs --gatehouse URL [--gatehouse URL ...] [--update]
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const RECORDING = here("oracle.json");

if (!existsSync(here("node_modules/better-auth"))) {
	console.error(`the official client is not installed: run "npm ci" in ${here(".")}`);
	process.exit(2);
}
const { record } = await import("./lib/record.mjs");
const { referenceServer, startOracle } = await import("./lib/oracle.mjs");
const { readDifferences, report, summary } = await import("./lib/report.mjs");
const { serialise } = await import("./lib/serialise.mjs");

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { gatehouse: { type: "string", multiple: true, default: [] }, update: { type: "boolean", default: false } },
});
const targets = [...values.gatehouse, ...positionals].map((url) => url.replace(/\/$/, ""));
if (targets.length === 0 && !values.update) {
	console.error("usage: node client-test.mjs --gatehouse http://localhost:3000 [--gatehouse URL ...] [--update]");
	process.exit(2);
}

let good = true;
const reference = await referenceTranscript();
for (const target of targets) {
	console.log(`\n${target} against the reference`);
	const answers = await record(target);
	const { counts, ok } = report(reference, answers, { listed: readDifferences(here("differences.json")), adrFolder: here("../../adr") });
	good &&= ok;
	console.log(`client ${summary(counts)}`);
}
process.exitCode = good ? 0 : 1;

/** What the reference server answers: the recording, which is made anew and checked where the server is at hand. */
async function referenceTranscript() {
	if (!existsSync(referenceServer)) {
		console.log(`no reference server in ${referenceServer}: comparing with the recording in oracle.json`);
		return JSON.parse(readFileSync(RECORDING, "utf8"));
	}
	console.log(`recording the reference server of ${referenceServer}`);
	const live = await recordOracle();
	if (values.update) writeFileSync(RECORDING, serialise(live));
	const { counts, ok } = report(JSON.parse(readFileSync(RECORDING, "utf8")), live);
	console.log(`recording ${summary(counts)}`);
	if (!ok) console.log("oracle.json is not what the reference server answers: look why, then run with --update");
	good &&= ok;
	return live;
}

async function recordOracle() {
	const oracle = await startOracle();
	const stopAndEnd = () => oracle.stop().then(() => process.exit(130));
	process.once("SIGINT", stopAndEnd);
	process.once("SIGTERM", stopAndEnd);
	try {
		return await record(oracle.url);
	} finally {
		process.off("SIGINT", stopAndEnd);
		process.off("SIGTERM", stopAndEnd);
		await oracle.stop();
	}
}
