import assert from "node:assert/strict";
import { test } from "node:test";
import { normalise } from "../lib/answer.mjs";
import { Jar, parseSetCookie } from "../lib/jar.mjs";
import { Names } from "../lib/names.mjs";

const SIGNATURE = `${"A".repeat(42)}+=`;
const wire = (token) => encodeURIComponent(`${token}.${SIGNATURE}`);
const answer = (rest) => ({ status: 200, headers: {}, setCookies: [], text: "", ...rest });
const record = (rest) => normalise(new Names("http://localhost:3000"), answer(rest), { step: "ask" });

test("keeps only the headers of the contract", () => {
	const headers = { "content-type": "application/json", "x-request-id": "1", vary: "Origin", location: "http://localhost:3000/in" };
	assert.deepEqual(record({ headers }).headers, { "content-type": "application/json", location: "<base>/in" });
});

test("keeps names, order and attributes of cookies, not their secrets", () => {
	const { cookies, cookieOrder } = record({
		setCookies: [`b=${wire("token-of-ada")}; Max-Age=60; Path=/`, "a=; Max-Age=0; Path=/", `multi-token-of-ada=${wire("token-of-ada")}; Path=/`],
	});
	assert.deepEqual(cookieOrder, ["b", "a", "multi-<token@ask.cookie>"]);
	assert.equal(cookies.b, "<token@ask.cookie>.<signature>; Max-Age=60; Path=/");
	assert.equal(cookies.a, "; Max-Age=0; Path=/");
});

test("leaves out the cookies of Gatehouse's own, and no others", () => {
	const { cookies } = record({ setCookies: ["gatehouse.device=a; Path=/", "__Secure-gatehouse.device=a; Path=/", "gatehouse=a; Path=/", "better-auth.gatehouse.x=a; Path=/"] });
	assert.deepEqual(Object.keys(cookies), ["gatehouse", "better-auth.gatehouse.x"]);
});

test("shows a cookie that is set twice, or not percent-encoded", () => {
	const { cookies } = record({ setCookies: ["a=1; Path=/", "a=2; Path=/", `b=token-of-ada.${SIGNATURE}; Path=/`] });
	assert.deepEqual(Object.keys(cookies), ["a", "a (again)", "b"]);
	assert.match(cookies.b, /^<not percent-encoded: /);
});

test("tells null, nothing and text apart", () => {
	assert.equal(record({ text: "null" }).body, null);
	assert.equal(record({ text: "" }).body, "");
	assert.equal(record({ text: "Not Found" }).body, "Not Found");
});

test("a jar sends back what was set, and not what was cleared", () => {
	const jar = new Jar();
	jar.store(["a=1; Path=/", "b=x%3D; Max-Age=604800; Path=/"]);
	assert.equal(jar.header(), "a=1; b=x%3D");
	const copy = jar.copy();
	jar.store(["a=; Max-Age=0; Path=/"]);
	assert.equal(jar.header(), "b=x%3D");
	assert.equal(copy.header(), "a=1; b=x%3D");
	jar.store(["b=; Path=/; Max-Age=0"]);
	assert.equal(jar.header(), undefined);
});

test("reads a value that holds an equals sign", () => {
	assert.deepEqual(parseSetCookie("a=b=c; Path=/; HttpOnly"), { name: "a", value: "b=c", attributes: "Path=/; HttpOnly" });
});
