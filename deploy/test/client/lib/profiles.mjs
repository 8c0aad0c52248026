import { existsSync, readdirSync, readFileSync } from "node:fs";

const all = JSON.parse(readFileSync(new URL("../profiles.json", import.meta.url), "utf8"));

/** Where the stand-in for hCaptcha listens unless a run says otherwise. */
export const SITEVERIFY = "http://127.0.0.1:3199/siteverify";

/** The profiles, in the order of profiles.json: the settings under which both servers are compared. */
export const profiles = Object.keys(all);

/** What the reference server is set to in a profile; its other plugins are always on, as Gatehouse's are. */
export function referenceSettings(profile, siteverify = SITEVERIFY) {
	const given = Object.entries(known(profile).reference);
	return { EXTENDED: "1", ...Object.fromEntries(given.map(([name, value]) => [name, value.replace("{siteverify}", siteverify)])) };
}

/**
 * The cases of a profile by their names, `area/what it shows`: whatever the files of its folder export (those of the default
 * profile lie in `cases` itself). Answers {} where there is no such folder.
 */
export async function casesOf(profile) {
	known(profile);
	const folder = new URL(profile === "default" ? "../cases/" : `../cases/${profile}/`, import.meta.url);
	if (!existsSync(folder)) return {};
	const cases = {};
	for (const file of readdirSync(folder).filter((name) => name.endsWith(".mjs")).sort()) {
		for (const [name, run] of Object.values(await import(new URL(file, folder).href)).flatMap(Object.entries)) {
			if (Object.hasOwn(cases, name)) throw new Error(`two cases are called ${JSON.stringify(name)}`);
			cases[name] = run;
		}
	}
	return cases;
}

function known(profile) {
	if (!Object.hasOwn(all, profile)) throw new Error(`there is no profile ${profile}: ${profiles.join(", ")}`);
	return all[profile];
}
