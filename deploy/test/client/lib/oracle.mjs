import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startPostgres } from "./postgres.mjs";
import { tie, until } from "./process.mjs";
import { referenceSettings } from "./profiles.mjs";

/** Where the reference server lies: REFERENCE_SERVER, else beside the repository. */
export const referenceServer =
	process.env.REFERENCE_SERVER ?? fileURLToPath(new URL("../../../../../shared/reference-server", import.meta.url));

/** What npm writes last. */
const INSTALLED = "node_modules/.package-lock.json";

/**
 * Installs a copy of the reference server and starts it in a profile, with a database of its own. Answers {url, stop}. The copy
 * stays for the next start where REFERENCE_COPY names a folder for it.
 */
export async function startOracle({ profile = "default", siteverify } = {}) {
	const started = [];
	const stop = async () => {
		for (const end of started.splice(0).reverse()) await end();
	};
	try {
		const folder = process.env.REFERENCE_COPY ?? (await mkdtemp(join(tmpdir(), "gatehouse-oracle-")));
		if (!process.env.REFERENCE_COPY) started.push(() => rm(folder, { recursive: true, force: true }));
		await install(folder);
		const database = await startPostgres();
		started.push(database.stop);
		const url = `http://localhost:${await freePort()}`;
		const env = { PATH: process.env.PATH, HOME: folder, DATABASE_URL: database.url, BASE_URL: url, ...referenceSettings(profile, siteverify) };
		const server = tie(process.execPath, ["server.mjs"], { cwd: folder, env });
		started.push(server.stop);
		await until("the reference server", server, () => answersOK(url));
		return { url, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

async function install(folder) {
	if (existsSync(join(folder, INSTALLED))) return;
	await cp(referenceServer, folder, { recursive: true, filter: (source) => basename(source) !== "node_modules" });
	await promisify(execFile)("npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: folder });
}

async function answersOK(url) {
	const { status } = await fetch(`${url}/api/auth/ok`);
	if (status !== 200) throw new Error(`GET /ok answered ${status}`);
}

function freePort() {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.on("error", reject);
		server.listen(0, "localhost", () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}
