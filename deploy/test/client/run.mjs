#!/usr/bin/env node
// Drives one server and writes down what it answers: node run.mjs --base URL [--profile NAME] [--only PART OF A NAME] [--out FILE]
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { SITEVERIFY, casesOf } from "./lib/profiles.mjs";
import { record } from "./lib/record.mjs";
import { serialise } from "./lib/serialise.mjs";
import { startSiteverify } from "./lib/siteverify.mjs";

const { values } = parseArgs({
	options: {
		base: { type: "string" },
		profile: { type: "string", default: "default" },
		out: { type: "string" },
		only: { type: "string" },
		siteverify: { type: "string", default: SITEVERIFY },
	},
});
if (!values.base) {
	console.error("usage: node run.mjs --base http://localhost:3000 [--profile NAME] [--only PART OF A NAME] [--out FILE]");
	process.exit(2);
}

let failures = 0;
const siteverify = values.profile === "captcha" ? await startSiteverify(values.siteverify) : undefined;
const transcript = await record(values.base.replace(/\/$/, ""), await casesOf(values.profile), {
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
await siteverify?.stop();
if (values.out) writeFileSync(values.out, serialise(transcript));
console.log(`cases ${Object.keys(transcript.cases).length}, failing expectations ${failures}`);
process.exitCode = failures > 0 ? 1 : 0;
