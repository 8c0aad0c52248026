import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startPostgres } from "./postgres.mjs";
import { tie, until } from "./process.mjs";

/** Where the reference server lies: REFERENCE_SERVER, else beside the repository. */
export const referenceServer =
	process.env.REFERENCE_SERVER ?? fileURLToPath(new URL("../../../../../shared/reference-server", import.meta.url));

/** Installs a copy of the reference server and starts it with a database of its own. Answers {url, stop}. */
export async function startOracle() {
	const started = [];
	const stop = async () => {
		for (const end of started.splice(0).reverse()) await end();
	};
	try {
		const folder = await mkdtemp(join(tmpdir(), "gatehouse-oracle-"));
		started.push(() => rm(folder, { recursive: true, force: true }));
		await install(folder);
		const database = await startPostgres();
		started.push(database.stop);
		const url = `http://localhost:${await freePort()}`;
		const env = { PATH: process.env.PATH, HOME: folder, DATABASE_URL: database.url, BASE_URL: url };
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
