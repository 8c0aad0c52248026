import assert from "node:assert/strict";
import { test } from "node:test";
import { Names } from "../lib/names.mjs";

const BASE = "http://localhost:3000";
const TOKEN = "aB3".repeat(11);
const at = (offset) => new Date(Date.now() + offset).toISOString();
const DAY = 24 * 60 * 60 * 1000;

test("names a value after the place where it was seen first", () => {
	const names = new Names(BASE);
	assert.equal(names.json({ token: TOKEN }, "sign in").token, "<token@sign in.token>");
	assert.equal(names.json({ session: { token: TOKEN } }, "session").session.token, "<token@sign in.token>");
	assert.equal(names.json({ session: { token: `${TOKEN}x` } }, "session").session.token, "<token@session.session.token>");
});

test("finds known values inside texts, cookie names and links", () => {
	const names = new Names(BASE);
	names.opaque(TOKEN, "token", "here");
	assert.equal(names.text(`${BASE}/x?token=${TOKEN}`), "<base>/x?token=<token@here>");
	assert.equal(names.text(`multi-${TOKEN.toLowerCase()}`), "multi-<lower-case token@here>");
	assert.equal(names.text(`?u=${encodeURIComponent(BASE)}`), "?u=<base, encoded>");
});

test("keeps how long a date lies ahead, not the date", () => {
	const names = new Names(BASE);
	assert.equal(names.json(at(0), "x"), "<date now>");
	assert.equal(names.json(at(7 * DAY - 20_000), "x"), "<date now+10080 min>");
	assert.equal(names.json(at(-DAY), "x"), "<date now-1440 min>");
	assert.equal(names.json(new Date(Date.now() + DAY), "x"), "<Date now+1440 min>");
	assert.deepEqual(names.json({ exp: Math.round(Date.now() / 1000) + 900 }, "x"), { exp: "<epoch now+15 min>" });
});

test("shows a date that has not exactly three fraction digits", () => {
	const names = new Names(BASE);
	for (const [given, shown] of [
		["2026-01-02T03:04:05Z", "9999-99-99T99:99:99Z"],
		["2026-01-02T03:04:05.12Z", "9999-99-99T99:99:99.99Z"],
		["2026-01-02T03:04:05.123456Z", "9999-99-99T99:99:99.999999Z"],
		["2026-01-02T03:04:05.123+00:00", "9999-99-99T99:99:99.999+99:99"],
	]) {
		assert.equal(names.json(given, "x"), `<date in another format: ${shown}>`);
	}
});

test("opens signed values only where the signature has its shape", () => {
	const names = new Names(BASE);
	const signature = `${"A".repeat(43)}=`;
	assert.equal(names.signed(`${TOKEN}.${signature}`, "cookie"), "<token@cookie>.<signature>");
	assert.equal(names.signed(`true.${signature}`, "cookie"), "true.<signature>");
	assert.equal(names.signed(`${TOKEN}.${"A".repeat(43)}`, "cookie"), `<token@cookie>.${"A".repeat(43)}`);
	assert.equal(names.signed("", "cookie"), "");
});

test("opens a JWT and leaves what only looks like one", () => {
	const names = new Names(BASE);
	const part = (object) => Buffer.from(JSON.stringify(object)).toString("base64url");
	const opened = names.json(`${part({ alg: "EdDSA", kid: "key-number-one" })}.${part({ sub: "user-number-one", iss: BASE })}.c2ln`, "t");
	assert.deepEqual(opened, {
		jwtHeader: { alg: "EdDSA", kid: "<id@t.header.kid>" },
		jwtClaims: { sub: "<id@t.claims.sub>", iss: "<base>" },
	});
	assert.equal(names.json("eyJust.a.text", "t"), "eyJust.a.text");
});

test("does not replace short values inside texts", () => {
	const names = new Names(BASE);
	assert.equal(names.json({ id: "1" }, "x").id, "<id@x.id>");
	assert.equal(names.text("11 of 1"), "11 of 1");
});
