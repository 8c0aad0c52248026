import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serialise } from "./serialise.mjs";

const ROOT = fileURLToPath(new URL("../oracle/", import.meta.url));

/** What the reference server answered to the cases of a profile whose names contain `only`, from `oracle/PROFILE/AREA.json`. */
export function readRecording(profile, only = "", root = ROOT) {
	return { cases: Object.fromEntries(Object.entries(stored(root, profile)).filter(([name]) => name.includes(only))) };
}

/** Stores a transcript; with `only`, in place of these cases alone. `names` are the cases that there are: others go. */
export function writeRecording(profile, transcript, { only = "", names, root = ROOT }) {
	const kept = Object.entries(stored(root, profile)).filter(([name]) => !name.includes(only));
	const cases = { ...Object.fromEntries(kept), ...transcript.cases };
	const areas = new Map();
	for (const name of names.filter((one) => Object.hasOwn(cases, one))) {
		const area = name.slice(0, name.indexOf("/")).replaceAll(" ", "-");
		areas.set(area, { ...areas.get(area), [name]: cases[name] });
	}
	const folder = join(root, profile);
	rmSync(folder, { recursive: true, force: true });
	if (areas.size > 0) mkdirSync(folder, { recursive: true });
	for (const [area, own] of areas) writeFileSync(join(folder, `${area}.json`), serialise({ cases: own }));
}

function stored(root, profile) {
	const folder = join(root, profile);
	const files = existsSync(folder) ? readdirSync(folder).sort() : [];
	return Object.assign({}, ...files.map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")).cases));
}
