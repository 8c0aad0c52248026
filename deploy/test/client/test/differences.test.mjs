import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { compare } from "../lib/compare.mjs";
import { readDifferences } from "../lib/report.mjs";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-differences-"));
after(() => rmSync(folder, { recursive: true }));

const file = join(folder, "differences.json");
writeFileSync(
	file,
	JSON.stringify([
		{ case: "a/*", answers: { "ask > status": "1" }, adr: "everywhere" },
		{ case: "a/*", answers: { "ask > status": "2" }, adr: "limits", profile: "limits" },
	]),
);
const names = (options) => readDifferences(file, options).map(({ adr }) => adr);
const unused = (options) => compare({ cases: {} }, { cases: {} }, readDifferences(file, options)).unused.map(({ adr }) => adr);

test("an entry with a profile counts there only", () => {
	assert.deepEqual(names({ profile: "default" }), ["everywhere"]);
	assert.deepEqual(names({ profile: "limits" }), ["everywhere", "limits"]);
});

test("an entry has to explain something in its own profile, and only when all cases ran", () => {
	assert.deepEqual(unused({ profile: "default" }), ["everywhere"]);
	assert.deepEqual(unused({ profile: "limits" }), ["limits"]);
	assert.deepEqual(unused({ profile: "limits", only: "a/" }), []);
});
