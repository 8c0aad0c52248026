import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { tie, until } from "../lib/process.mjs";

const runs = (pid) => {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
};

const PROGRAM = "console.log(process.pid); setInterval(() => {}, 1000)";

test("a tied program ends when it is told to", async () => {
	const program = tie(process.execPath, ["-e", PROGRAM]);
	const pid = await until("the program", program, () => pidIn(program.output));
	assert.ok(runs(pid));
	await program.stop();
	assert.ok(!runs(pid));
});

test("a tied program ends when we are killed", async () => {
	const library = new URL("../lib/process.mjs", import.meta.url);
	const script = `import { tie, until } from ${JSON.stringify(library.href)};
		const program = tie(process.execPath, ["-e", ${JSON.stringify(PROGRAM)}]);
		await until("it", program, () => { if (!program.output) throw new Error("not yet"); });
		console.log(program.output);`;
	const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
	const [chunk] = await once(parent.stdout, "data");
	const pid = pidIn(String(chunk));
	assert.ok(runs(pid));
	parent.kill("SIGKILL");
	await until("the end", { exited: false, output: "" }, () => {
		if (runs(pid)) throw new Error(`${pid} still runs`);
	});
});

test("a program that ends at once is reported with what it wrote", async () => {
	const program = tie(process.execPath, ["-e", "console.error('no such port'); process.exit(1)"]);
	const waiting = until("the program", program, () => Promise.reject(new Error("not yet")));
	await assert.rejects(waiting, /the program did not start: no such port/);
});

function pidIn(text) {
	const pid = Number.parseInt(text, 10);
	if (!Number.isInteger(pid)) throw new Error("no process id yet");
	return pid;
}
