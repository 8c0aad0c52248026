#!/usr/bin/env node
// The whole comparison in one profile, or in all of them: see README.md.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

if (!existsSync(here("node_modules/better-auth"))) {
	console.error(`the official client is not installed: run "npm ci" in ${here(".")}`);
	process.exit(2);
}
const { record } = await import("./lib/record.mjs");
const { referenceServer, startOracle } = await import("./lib/oracle.mjs");
const { SITEVERIFY, casesOf, profiles } = await import("./lib/profiles.mjs");
const { readRecording, writeRecording } = await import("./lib/recording.mjs");
const { readDifferences, report, summary } = await import("./lib/report.mjs");
const { startSiteverify } = await import("./lib/siteverify.mjs");

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		profile: { type: "string", default: "default" },
		gatehouse: { type: "string", multiple: true, default: [] },
		only: { type: "string" },
		siteverify: { type: "string", default: SITEVERIFY },
		update: { type: "boolean", default: false },
	},
});
const targets = [...values.gatehouse, ...positionals].map((url) => url.replace(/\/$/, ""));
const wanted = values.profile === "all" ? profiles : [values.profile];
if ((targets.length === 0 && !values.update) || (targets.length > 0 && wanted.length > 1)) {
	console.error("usage: node client-test.mjs [--profile NAME] --gatehouse http://localhost:3000 [--gatehouse URL ...] [--only PART OF A NAME] [--update]");
	console.error("       node client-test.mjs --update [--profile NAME|all] [--only PART OF A NAME]");
	process.exit(2);
}

let good = true;
for (const profile of wanted) await compareIn(profile);
process.exitCode = good ? 0 : 1;

/** Compares every target with the reference server, both in one profile. */
async function compareIn(profile) {
	const cases = await casesOf(profile);
	const siteverify = profile === "captcha" ? await startSiteverify(values.siteverify) : undefined;
	try {
		const reference = await referenceTranscript(profile, cases);
		const differences = { listed: readDifferences(here("differences.json"), { profile, only: values.only }), adrFolder: here("../../adr") };
		for (const target of targets) {
			console.log(`\n${target} against the reference, profile ${profile}`);
			const answers = await record(target, cases, { only: values.only });
			const { counts, ok } = report(reference, answers, differences);
			good &&= ok;
			console.log(`client ${summary(counts)}`);
		}
	} finally {
		await siteverify?.stop();
	}
}

/** What the reference server answers: the recording, which is made anew and checked where the server is at hand. */
async function referenceTranscript(profile, cases) {
	if (!existsSync(referenceServer)) {
		if (values.update) throw new Error(`no reference server in ${referenceServer}: REFERENCE_SERVER says where it is`);
		console.log(`no reference server in ${referenceServer}: comparing with the recording in oracle/${profile}`);
		return readRecording(profile, values.only);
	}
	console.log(`recording the reference server of ${referenceServer}, profile ${profile}`);
	const live = await recordOracle(profile, cases);
	if (values.update) writeRecording(profile, live, { only: values.only, names: Object.keys(cases) });
	const { counts, ok } = report(readRecording(profile, values.only), live);
	console.log(`recording ${summary(counts)}`);
	if (!ok) console.log(`oracle/${profile} is not what the reference server answers: look why, then run with --update`);
	good &&= ok;
	return live;
}

async function recordOracle(profile, cases) {
	const oracle = await startOracle({ profile, siteverify: values.siteverify });
	const stopAndEnd = () => oracle.stop().then(() => process.exit(130));
	process.once("SIGINT", stopAndEnd);
	process.once("SIGTERM", stopAndEnd);
	try {
		return await record(oracle.url, cases, { only: values.only });
	} finally {
		process.off("SIGINT", stopAndEnd);
		process.off("SIGTERM", stopAndEnd);
		await oracle.stop();
	}
}
