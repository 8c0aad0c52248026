// Prints the corpus of TestParseAddress_AgreesWithZod: one line of JSON for each form, with the
// answer of zod's default e-mail check. Run it where zod 4 is installed (a copy of this file in a
// folder after "npm install zod@4"): node addresses.mjs > addresses.jsonl
import { z } from "zod";

const forms = new Set();
const add = (...list) => list.forEach((form) => forms.add(form));

// Every ASCII character and some others in each position that has rules of its own.
const others = "\u0080\u009b\u00a0\u00e9\u00df\u0130\u0131\u017f\u0430\u0435\u200b\u202e\u212a\ufe6b\uff0e\uff20\uff41\u{1f600}";
const characters = [...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)), ...others];
for (const c of characters) {
	add(`${c}b@example.com`, `a${c}b@example.com`, `a${c}@example.com`);
	add(`a@${c}xample.com`, `a@ex${c}mple.com`, `a@exampl${c}.com`);
	add(`a@example.${c}om`, `a@example.c${c}m`, `a@example.co${c}`, `a@example.com${c}`);
}

// Shapes.
const locals = ["", "a", "A", "a.b", ".a", "a.", "a..b", "a.b.c", "-a", "a-", "_", "+", "a+b", "a+", "'a", "a'", "o'brien", "''a", "1", "a.-b", "a.'b", "a'.b",
	'"a"', '"a b"', "a b", " a", "a ", "(c)a", "a\\", "a@b", "a%b", "a!b", "a/b", "a=b", "a,b", "a;b", "a:b", "<a", "a&b", "x".repeat(64), "x".repeat(65)];
const domains = ["", "b", "b.c", "b.co", "B.CO", "b.com", "b.c0m", "b.co1", "b.123", "1.com", "b-c.com", "-b.com", "b-.com", "b.-c.com", "b--c.com", "b_c.com", "b..com", ".b.com", "b.com.",
	"b.com..", "b.c.d.e.org", "b.c-d", "b.co-m", "b.museum", "xn--bcher-kva.example", "b.xn--p1ai", "b\u00fccher.example", "[127.0.0.1]", "127.0.0.1", "localhost", "b.com:25", "b.com/x", "b.com?x", "b.com#x",
	"b.com>", " b.com", "b.com ", "b .com", "b.com\n", "b.com\r\n", "b@c.com", "b,c.com", "y".repeat(63) + ".com", "y".repeat(64) + ".com"];
for (const local of locals) add(`${local}@b.com`, `${local}@`, local);
for (const domain of domains) add(`a@${domain}`, `@${domain}`, domain, `a.b+c@sub.${domain}`);

// Attacks on headers, on lists and on the reader.
add("a@b.com\r\nBcc: c@d.com", "a@b.com\nBcc:c@d.com", "a@b.com,c@d.com", "a@b.com;c@d.com", "a@b.com c@d.com", "Ada <a@b.com>", "<a@b.com>", "mailto:a@b.com",
	"a@b.com\u0000", "a\u0000@b.com", "a@b.com\t", "\ufeffa@b.com", "a@b.com@c.com", "a@@b.com", "@", "@@", ".", "", " ", "a@b.com.", "%61@b.com", "a%40b.com", "a@b%2ecom",
	"a@b.com\u202emoc", "\uff41\uff20\uff42\uff0e\uff43\uff4f\uff4d", "a\uff20b.com", "a\ufe6bb.com", "\u0430da@b.com", "\u212aate@b.com", "a@b.\u212aom", "e\u0301@b.com", "\u00e9@b.com", "a@\u0435xample.com", "\ud800@b.com");

const ascii = (text) => text.replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
for (const form of forms) console.log(ascii(JSON.stringify({ form, accepted: z.email().safeParse(form).success })));
