import { Case } from "./case.mjs";

/** How many cases run at a time. Those of a browser share one global `window`, those of limits one count: they run alone. */
const LANES = 3;
const ALONE = /^(client|limits)\//;

/**
 * Runs the cases ({name: function}) whose name contains `only` against `base` and answers the transcript:
 * {cases: {name: {steps, facts, failed?}}}. `report` is told each case as it ends.
 */
export async function record(base, cases, { only = "", report = () => {} } = {}) {
	const names = Object.keys(cases).filter((name) => name.includes(only));
	const transcript = { cases: Object.fromEntries(names.map((name) => [name, null])) };
	const drain = async (queue) => {
		for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
			transcript.cases[name] = await runCase(base, cases[name]);
			report(name, transcript.cases[name]);
		}
	};
	const shared = names.filter((name) => !ALONE.test(name));
	await Promise.all(Array.from({ length: LANES }, () => drain(shared)));
	await drain(names.filter((name) => ALONE.test(name)));
	return transcript;
}

async function runCase(base, run) {
	const t = new Case(base);
	try {
		await run(t);
		return { steps: t.steps, facts: t.facts };
	} catch (error) {
		return { steps: t.steps, facts: t.facts, failed: t.names.text(describe(error)) };
	}
}

function describe(error) {
	return error instanceof AggregateError ? error.errors.map(String).join("; ") : String(error);
}
