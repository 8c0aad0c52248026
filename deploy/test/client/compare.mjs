#!/usr/bin/env node
// Compares two transcripts: node compare.mjs REFERENCE.json ANSWERS.json [--profile NAME] [--differences FILE | --strict]
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readDifferences, report, summary } from "./lib/report.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		profile: { type: "string", default: "default" },
		differences: { type: "string", default: here("differences.json") },
		strict: { type: "boolean", default: false },
	},
});
if (positionals.length !== 2) {
	console.error("usage: node compare.mjs REFERENCE.json ANSWERS.json [--profile NAME] [--differences FILE | --strict]");
	process.exit(2);
}

const [reference, answers] = positionals.map((file) => JSON.parse(readFileSync(file, "utf8")));
const listed = values.strict ? [] : readDifferences(values.differences, { profile: values.profile });
const { counts, ok } = report(reference, answers, { listed, adrFolder: here("../../adr") });
console.log(summary(counts));
process.exitCode = ok ? 0 : 1;
