import assert from "node:assert/strict";
import { test } from "node:test";
import { compare } from "../lib/compare.mjs";
import { diff } from "../lib/diff.mjs";

const transcript = (body, rest = {}) => ({ cases: { "area/one": { steps: { ask: { status: 200, body } }, facts: {}, ...rest } } });
const handle = [{ case: "area/*", answers: { "* > body > token": "<token@*>" }, adr: "handle", why: "" }];

test("finds equal transcripts equal", () => {
	const result = compare(transcript({ a: [1, null, ""] }), transcript({ a: [1, null, ""] }));
	assert.deepEqual(result, { equal: ["area/one"], onPurpose: [], different: [], unused: [] });
});

test("names the place and both sides of a difference", () => {
	const { different } = compare(transcript({ a: { b: 1 }, c: null }), transcript({ a: { b: "1" } }));
	assert.deepEqual(different[0].found.map(({ path, reference, answer }) => [path, reference, answer]), [
		["ask > body > a > b", 1, "1"],
		["ask > body > c", null, undefined],
	]);
});

test("a listed difference is on purpose only with the listed answer", () => {
	const reference = transcript({ token: "<ada's token>" });
	const purpose = compare(reference, transcript({ token: "<token@ask.token>" }), handle);
	assert.deepEqual(purpose.onPurpose, [{ name: "area/one", adrs: ["handle"] }]);
	assert.equal(compare(reference, transcript({ token: null }), handle).different.length, 1);
	assert.equal(compare(reference, transcript({}), handle).different.length, 1);
});

test("a listed difference does not hide another one", () => {
	const { different, onPurpose } = compare(transcript({ token: "a", x: 1 }), transcript({ token: "<token@ask.token>", x: 2 }), handle);
	assert.deepEqual(onPurpose, []);
	assert.deepEqual(different[0].found.map(({ path }) => path), ["ask > body > x"]);
});

test("a listed difference that does not occur is reported", () => {
	const { unused } = compare(transcript({ token: "a" }), transcript({ token: "a" }), handle);
	assert.deepEqual(unused, [{ case: "area/*", path: "* > body > token", adr: "handle" }]);
});

test("the first path of an entry that fits decides", () => {
	const listed = [{ case: "area/one", answers: { "ask > status": "413", "ask > **": "*" }, adr: "limit", why: "" }];
	const answer = (status) => ({ cases: { "area/one": { steps: { ask: { status, body: "other" } }, facts: {} } } });
	assert.equal(compare(transcript("x"), answer(413), listed).onPurpose.length, 1);
	assert.equal(compare(transcript("x"), answer(500), listed).different.length, 1);
});

test("a missing case, a missing step, a broken fact and a failure are differences", () => {
	const reference = transcript("x", { facts: { holds: true } });
	for (const answer of [
		{ cases: {} },
		{ cases: { "area/one": { steps: {}, facts: { holds: true } } } },
		transcript("x", { facts: { holds: false } }),
		transcript("x", { facts: { holds: true }, failed: "no mail" }),
		{ cases: { ...reference.cases, "area/two": { steps: {}, facts: {} } } },
	]) {
		assert.equal(compare(reference, answer).different.length, 1, JSON.stringify(answer));
	}
});

test("headers that a gateway adds do not count, headers that are missing do", () => {
	const headers = (all) => ({ steps: { ask: { headers: all } } });
	assert.deepEqual(diff(headers({}), headers({ "cache-control": "no-store", "access-control-expose-headers": "x-request-id" })), []);
	assert.equal(diff(headers({ "cache-control": "no-store" }), headers({})).length, 1);
	assert.equal(diff(headers({ "cache-control": "no-store" }), headers({ "cache-control": "private" })).length, 1);
	assert.equal(diff(headers({}), headers({ "set-auth-token": "x" })).length, 1);
	const exposed = (list) => headers({ "access-control-expose-headers": list });
	assert.deepEqual(diff(exposed("set-auth-jwt"), exposed("X-Request-Id, Set-Auth-JWT")), []);
	assert.equal(diff(exposed("set-auth-jwt"), exposed("x-request-id")).length, 1);
});

test("cookies that both set come in the same order", () => {
	const cookies = (...names) => ({ steps: { ask: { cookieOrder: names } } });
	assert.deepEqual(diff(cookies("a", "b", "c"), cookies("a", "c")), []);
	assert.equal(diff(cookies("a", "b"), cookies("b", "a")).length, 1);
});
