// Drives a React page with the official client in a real browser, against one Gatehouse:
//
//   node browser-test.mjs --gatehouse URL --front ADDRESS [--pictures FOLDER]
//
// ADDRESS is host:port of the page's own origin, which Gatehouse must trust. Gatehouse must
// be in development mode (mailbox). The browser is the one that CHROMIUM names, or the first
// that is found. Exit 0 only if all went well; the last line counts the checks.
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const { gatehouse, front, pictures } = parseArgs({
	options: { gatehouse: { type: "string" }, front: { type: "string" }, pictures: { type: "string" } },
}).values;

/** What a page may take on a machine that does other things too. */
const PATIENCE = 30_000;

const candidates = [
	process.env.CHROMIUM,
	"/usr/bin/chromium",
	"/usr/bin/chromium-browser",
	"/usr/bin/google-chrome",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
];

let checks = 0;
function check(sentence, holds) {
	checks++;
	if (!holds) throw new Error(`it does not hold that ${sentence}`);
}

/** Serves the page: one document, one script. */
async function serve() {
	const { outputFiles } = await build({
		entryPoints: [new URL("app.jsx", import.meta.url).pathname],
		bundle: true,
		write: false,
		jsx: "automatic",
		define: { "process.env.NODE_ENV": '"production"' },
		logLevel: "error",
	});
	const script = outputFiles[0].contents;
	const server = createServer((request, response) => {
		if (request.url === "/app.js") return response.setHeader("content-type", "text/javascript").end(script);
		response.setHeader("content-type", "text/html; charset=utf-8");
		response.end('<!doctype html><html lang="en"><title>A front end</title><link rel="icon" href="data:,"><div id="app"></div><script src="/app.js"></script>');
	});
	const [host, port] = front.split(":");
	await new Promise((ready) => server.listen(Number(port), host, ready));
	return server;
}

/** Opens a page whose complaints fail the test, except those that `expected` matches. */
async function open(context, faults, expected = /^$/) {
	const page = await context.newPage();
	page.setDefaultTimeout(PATIENCE);
	page.on("pageerror", (error) => faults.push(`${page.url()}: ${error.message}`));
	page.on("console", (message) => {
		if (message.type() === "error" && !expected.test(message.text())) faults.push(`${page.url()}: ${message.text()}`);
	});
	return page;
}

async function picture(page, name) {
	if (pictures) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
}

/** The main job: sign up, confirm, call a guarded route, sign out, be refused, sign in. */
async function mainJob(context, faults) {
	const page = await open(context, faults, /status of 401/); // the refused sign-in
	await page.goto(`http://${front}/?gatehouse=${encodeURIComponent(gatehouse)}`);
	await page.getByPlaceholder("Name").fill("Ada");
	await page.getByPlaceholder("E-mail").fill("ada@example.com");
	await page.getByPlaceholder("Password").fill("correct horse battery");
	await page.getByRole("button", { name: "Sign up" }).click();
	await page.getByText("Hello Ada").waitFor();
	check("a new address is not confirmed", await page.getByText("not confirmed yet").isVisible());

	const mailbox = await open(context, faults);
	await mailbox.goto(`${gatehouse}/dev/mailbox`);
	await picture(mailbox, "mailbox");
	await mailbox.getByRole("link", { name: /verify-email/ }).first().click();
	await mailbox.waitForURL(`${gatehouse}/`);
	await page.getByRole("button", { name: "Look again" }).click();
	await page.getByText("Your address is confirmed.").waitFor();
	await page.getByRole("button", { name: "Ask for my roles" }).click();
	await page.getByText("user", { exact: true }).waitFor();
	await picture(page, "front-end");

	const cookies = (await context.cookies(gatehouse)).filter(({ name }) => name.includes("session_token"));
	check("the session's cookie is kept from scripts", cookies.length > 0 && cookies.every((cookie) => cookie.httpOnly && cookie.sameSite === "Lax"));
	await page.getByRole("button", { name: "Sign out" }).click();
	await page.getByRole("button", { name: "Sign in" }).waitFor();
	check("signing out takes the cookie", !(await context.cookies(gatehouse)).some(({ name }) => name.endsWith("session_token")));

	await page.getByPlaceholder("E-mail").fill("ada@example.com");
	await page.getByPlaceholder("Password").fill("not the password");
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByText("Invalid email or password").waitFor();
	await page.getByPlaceholder("Password").fill("correct horse battery");
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByText("Hello Ada").waitFor();
}

/** The pages that Gatehouse shows itself: each has a title, a language and no complaint. */
async function ownPages(context, faults) {
	const pages = { start: "/", error: "/api/auth/error?error=INVALID_TOKEN", mailbox: "/dev/mailbox", reference: "/api/auth/reference" };
	for (const [name, path] of Object.entries(pages)) {
		const page = await open(context, faults);
		const answer = await page.goto(gatehouse + path);
		check(`${path} is a page`, answer.ok() && answer.headers()["content-type"].startsWith("text/html"));
		check(`${path} has a title`, (await page.title()).length > 0);
		check(`${path} says its language`, (await page.locator("html").getAttribute("lang")) === "en");
		await picture(page, `page-${name}`);
	}
}

/** A page of an origin that is not trusted gets nothing, with the same browser and cookies. */
async function stranger(context) {
	const page = await context.newPage();
	await page.goto(`${gatehouse.replace("127.0.0.1", "localhost")}/api/auth/ok`);
	const refused = await page.evaluate(
		(url) => fetch(url, { credentials: "include" }).then(() => false, () => true),
		`${gatehouse}/api/auth/get-session`,
	);
	check("a page of another origin cannot read the session", refused);
}

const executablePath = candidates.find((path) => path && existsSync(path));
if (!executablePath) throw new Error("no browser: install Chromium (Debian: apt-get install chromium), or name one in CHROMIUM");
const server = await serve();
const browser = await chromium.launch({
	executablePath,
	args: ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});
try {
	const faults = [];
	const context = await browser.newContext();
	await mainJob(context, faults);
	await ownPages(context, faults);
	await stranger(context);
	check(`no page complains: ${faults.join("; ")}`, faults.length === 0);
	console.log(`browser checks: ${checks}`);
} finally {
	await browser.close();
	server.close();
}
