import { existsSync, readdirSync, readFileSync } from "node:fs";
import { compare, show } from "./compare.mjs";

const LONGEST = 400;

/**
 * The entries of a differences file for a profile: those that name it, and those that name none. The latter have to occur in the
 * default profile and may occur in the others; of some cases (`only`), nothing has to occur.
 */
export function readDifferences(file, { profile, only = "" }) {
	return JSON.parse(readFileSync(file, "utf8"))
		.filter((entry) => entry.profile === undefined || entry.profile === profile)
		.map((entry) => ({ ...entry, optional: only !== "" || (entry.profile ?? "default") !== profile }));
}

/** Compares, prints what differs, and answers {counts, ok}; ok only if every difference is listed and every listed one occurs. */
export function report(reference, answers, { listed = [], adrFolder, print = console.log } = {}) {
	const { equal, onPurpose, different, unused } = compare(reference, answers, listed);
	for (const { name, adrs } of onPurpose) print(`on purpose  ${name} (${adrs.join(", ")})`);
	for (const { name, found } of different) {
		print(`DIFFERENT   ${name}`);
		for (const { path, reference: theirs, answer } of found) {
			print(`  ${path}\n    reference: ${cut(show(theirs))}\n    answer:    ${cut(show(answer))}`);
		}
	}
	for (const { case: name, path, adr } of unused) print(`NO LONGER   ${name}: ${path} (${adr}) does not differ; take it out of differences.json`);
	const homeless = withoutADR(listed, adrFolder);
	for (const adr of homeless) print(`NO ADR      ${adr}: differences.json names it, but there is no NNNN-${adr}.md in deploy/adr`);
	const counts = {
		cases: equal.length + onPurpose.length + different.length,
		equal: equal.length,
		onPurpose: onPurpose.length,
		different: different.length,
	};
	return { counts, ok: different.length + unused.length + homeless.length === 0 };
}

/** The one line that scripts look for. */
export function summary({ cases, equal, onPurpose, different }) {
	return `cases: ${cases}, equal: ${equal}, different on purpose: ${onPurpose}, different: ${different}`;
}

function withoutADR(listed, folder) {
	const files = folder && existsSync(folder) ? readdirSync(folder) : [];
	const known = new Set(files.map((file) => /^\d{4}-(.+)\.md$/.exec(file)?.[1]));
	return [...new Set(listed.map(({ adr }) => adr))].filter((adr) => !known.has(adr));
}

const cut = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text);
