import { diff, SEPARATOR } from "./diff.mjs";

const ABSENT = "(nothing)";

/**
 * Compares two transcripts. `listed` are the entries of differences.json:
 * {case, answers: {path: answer}, adr, why, optional?}; case, path and answer are patterns (`*` any text without the separator, `**` any
 * text). A difference is explained by the first path of an entry that fits, if its answer fits too.
 * Answers {equal, onPurpose, different, unused}: case names, [{name, adrs}], [{name, found}], and listed paths that explained
 * nothing and are not optional.
 */
export function compare(reference, answers, listed = []) {
	const explain = explainer(listed);
	const result = { equal: [], onPurpose: [], different: [], unused: [] };
	for (const name of new Set([...Object.keys(reference.cases), ...Object.keys(answers.cases)])) {
		const found = diff(reference.cases[name], answers.cases[name]).map((one) => ({ ...one, adr: explain.adr(name, one) }));
		const unexplained = found.filter(({ adr }) => adr === undefined);
		if (found.length === 0) result.equal.push(name);
		else if (unexplained.length === 0) result.onPurpose.push({ name, adrs: [...new Set(found.map(({ adr }) => adr))] });
		else result.different.push({ name, found: unexplained });
	}
	result.unused = explain.unused();
	return result;
}

function explainer(listed) {
	const rules = listed.flatMap((entry) =>
		Object.entries(entry.answers).map(([path, answer]) => ({ entry, path, name: glob(entry.case), at: glob(path), answer: glob(answer) })),
	);
	const used = new Set();
	return {
		adr(name, { path, answer }) {
			for (const entry of listed) {
				const rule = rules.find((one) => one.entry === entry && one.name.test(name) && one.at.test(path));
				if (!rule?.answer.test(show(answer))) continue;
				used.add(rule);
				return entry.adr;
			}
			return undefined;
		},
		unused: () => rules.filter((rule) => !used.has(rule) && !rule.entry.optional).map(({ entry, path }) => ({ case: entry.case, path, adr: entry.adr })),
	};
}

/** A side of a difference as text: strings bare, everything else as JSON. */
export function show(value) {
	if (value === undefined) return ABSENT;
	return typeof value === "string" ? value : JSON.stringify(value);
}

function glob(pattern) {
	const source = pattern.split(/(\*\*?)/).map((part) => {
		if (part === "**") return ".*";
		if (part === "*") return `(?:(?!${SEPARATOR}).)*`;
		return part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&");
	});
	return new RegExp(`^${source.join("")}$`, "s");
}
