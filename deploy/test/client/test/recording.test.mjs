import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readRecording, writeRecording } from "../lib/recording.mjs";

const root = mkdtempSync(join(tmpdir(), "gatehouse-recording-"));
after(() => rmSync(root, { recursive: true }));

const NAMES = ["sign in/b", "sign in/a", "out/c"];
const transcript = (...names) => ({ cases: Object.fromEntries(names.map((name) => [name, { steps: { of: names.length } }])) });

test("a recording comes back as it was, one file for each area", () => {
	writeRecording("whole", transcript(...NAMES), { names: NAMES, root });
	assert.deepEqual(readRecording("whole", "", root).cases, transcript(...NAMES).cases);
	assert.deepEqual(readdirSync(join(root, "whole")), ["out.json", "sign-in.json"]);
	assert.deepEqual(Object.keys(readRecording("whole", "sign in/", root).cases), ["sign in/b", "sign in/a"]);
});

test("recording some cases keeps the others", () => {
	writeRecording("part", transcript(...NAMES), { names: NAMES, root });
	writeRecording("part", transcript("out/c"), { only: "out/", names: NAMES, root });
	assert.deepEqual(readRecording("part", "", root).cases, { ...transcript(...NAMES).cases, ...transcript("out/c").cases });
});

test("cases that are gone go from the recording", () => {
	writeRecording("gone", transcript(...NAMES), { names: NAMES, root });
	writeRecording("gone", transcript("sign in/a"), { only: "sign in/", names: ["sign in/a"], root });
	assert.deepEqual(Object.keys(readRecording("gone", "", root).cases), ["sign in/a"]);
	assert.deepEqual(readdirSync(join(root, "gone")), ["sign-in.json"]);
});

test("what was never recorded is empty", () => assert.deepEqual(readRecording("none", "", root), { cases: {} }));
