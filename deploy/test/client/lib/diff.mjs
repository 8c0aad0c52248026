/** How a path is written in reports and in differences.json. */
export const SEPARATOR = " > ";

/** The list of an answer's cookies; it is compared as a whole. */
const ORDER = "cookieOrder";

/** Headers that a gateway may add where the reference server sends none. */
const MAY_BE_ADDED = new Set(["cache-control", "pragma", "access-control-expose-headers"]);

/**
 * What differs between the reference's record of one case and another's: [{path, reference, answer}], where a side that has
 * nothing there is undefined.
 */
export function diff(reference, answer) {
	const found = [];
	walk([], flatten(reference), flatten(answer), found);
	return found.map(({ path, ...sides }) => ({ path: path.join(SEPARATOR), ...sides }));
}

/** Steps come first in a path, without a word in front of them. */
function flatten(record) {
	const { steps = {}, ...rest } = record ?? { missing: true };
	return { ...steps, ...rest };
}

function walk(path, reference, answer, found) {
	if (ruleOf(path)(reference, answer)) return;
	if (path.at(-1) !== ORDER && isObject(reference) && isObject(answer)) {
		for (const key of new Set([...Object.keys(reference), ...Object.keys(answer)])) {
			walk([...path, key], reference[key], answer[key], found);
		}
		return;
	}
	found.push({ path, reference, answer });
}

/** The test of two values at this place for being the same. */
function ruleOf(path) {
	const [parent, key] = path.slice(-2);
	if (key === ORDER) return sameOrder;
	if (parent !== "headers") return Object.is;
	return (reference, answer) => sameHeader(key, reference, answer);
}

function sameHeader(name, reference, answer) {
	if (reference === undefined && MAY_BE_ADDED.has(name)) return true;
	if (name !== "access-control-expose-headers" || answer === undefined) return Object.is(reference, answer);
	return listed(reference).every((item) => listed(answer).includes(item));
}

const listed = (header) => header.split(",").map((item) => item.trim().toLowerCase());

/** Whether the cookies that both set come in the same order; a cookie of one side only is reported under its name. */
function sameOrder(reference = [], answer = []) {
	const common = (mine, other) => JSON.stringify(mine.filter((name) => other.includes(name)));
	return common(reference, answer) === common(answer, reference);
}

const isObject = (value) => value !== null && typeof value === "object";
