#!/usr/bin/env node
// Drives one server and writes down what it answers: node run.mjs --base URL [--out FILE] [--only PART OF A NAME]
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { record } from "./lib/record.mjs";
import { serialise } from "./lib/serialise.mjs";

const { values } = parseArgs({
	options: { base: { type: "string" }, out: { type: "string" }, only: { type: "string" } },
});
if (!values.base) {
	console.error("usage: node run.mjs --base http://localhost:3000 [--out FILE] [--only PART OF A NAME]");
	process.exit(2);
}

let failures = 0;
const transcript = await record(values.base.replace(/\/$/, ""), {
	only: values.only,
	report(name, { facts, failed }) {
		console.log(name);
		const broken = Object.entries(facts).filter(([, holds]) => !holds).map(([fact]) => fact);
		for (const line of failed ? [...broken, failed] : broken) {
			failures++;
			console.log(`  FAILED ${line}`);
		}
	},
});
if (values.out) writeFileSync(values.out, serialise(transcript));
console.log(`cases ${Object.keys(transcript.cases).length}, failing expectations ${failures}`);
process.exitCode = failures > 0 ? 1 : 0;
