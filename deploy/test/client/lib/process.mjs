import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 60_000;
const POLL_MS = 100;

/** Runs a command, and ends it as soon as our end of the pipe closes, so that it never outlives us. */
const LEASH = `
	signal=$1; shift
	exec 3<&0
	"$@" </dev/null 3<&- & pid=$!
	{ cat <&3; kill -s "$signal" $pid; } >/dev/null 2>&1 & watch=$!
	wait $pid
	kill $watch 2>/dev/null`;

/**
 * Starts a program that ends with this process, however this one ends. Answers {exited, output, stop}: whether it has ended, what
 * it wrote (the last of it), and a function that ends it and waits for that.
 */
export function tie(command, args, { signal = "TERM", ...options } = {}) {
	const child = spawn("sh", ["-c", LEASH, "sh", signal, command, ...args], { ...options, stdio: ["pipe", "pipe", "pipe"], detached: true });
	const tied = { exited: false, output: "" };
	const keep = (chunk) => (tied.output = (tied.output + chunk).slice(-4096));
	child.stdout.on("data", keep);
	child.stderr.on("data", keep);
	child.stdin.on("error", () => {}); // the shell has gone: there is nothing left to end
	const ended = new Promise((resolve) => child.on("close", resolve)).then(() => (tied.exited = true));
	child.on("error", (error) => keep(String(error)));
	tied.stop = () => {
		child.stdin.end();
		return ended;
	};
	return tied;
}

/** Waits until `ready` neither throws nor rejects; gives up with what the program wrote. */
export async function until(what, program, ready) {
	const deadline = Date.now() + PATIENCE_MS;
	for (;;) {
		try {
			return await ready();
		} catch (error) {
			if (program.exited || Date.now() > deadline) {
				throw new Error(`${what} did not start: ${program.output || error.message}`);
			}
		}
		await sleep(POLL_MS);
	}
}
