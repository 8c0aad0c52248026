import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { tie, until } from "./process.mjs";

/**
 * Starts a private PostgreSQL with an empty database, reachable only by a socket in a folder of its own. Answers {url, stop}.
 * Binaries: PG_BIN, PATH, then the folders of Debian and Homebrew. As root it runs as `postgres` or `nobody`.
 */
export async function startPostgres() {
	const bin = findBinaries();
	const folder = mkdtempSync(join(tmpdir(), "gatehouse-oracle-pg-"));
	const owner = unprivileged();
	if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
	const data = join(folder, "data");
	const options = { cwd: folder, stdio: "pipe", ...owner };
	execFileSync(join(bin, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], options);
	const settings = ["listen_addresses=", "port=5432", `unix_socket_directories=${folder}`, "fsync=off"];
	const server = tie(join(bin, "postgres"), ["-D", data, ...settings.flatMap((setting) => ["-c", setting])], { ...options, signal: "QUIT" });
	const stop = async () => {
		await server.stop();
		rmSync(folder, { recursive: true, force: true });
	};
	try {
		await until("PostgreSQL", server, () => isReady(server));
	} catch (error) {
		await stop();
		throw error;
	}
	return { url: `postgres://postgres@localhost:5432/postgres?host=${encodeURIComponent(folder)}`, stop };
}

function isReady({ output }) {
	if (!output.includes("ready to accept connections")) throw new Error("it does not accept connections");
}

function findBinaries() {
	const places = [
		process.env.PG_BIN,
		...(process.env.PATH ?? "").split(delimiter),
		...versions("/usr/lib/postgresql", "bin"),
		...versions("/opt/homebrew/opt", "bin", /^postgresql/),
		...versions("/usr/local/opt", "bin", /^postgresql/),
	];
	const found = places.find((place) => place && existsSync(join(place, "initdb")) && existsSync(join(place, "postgres")));
	if (!found) throw new Error("no PostgreSQL found: install it, or set PG_BIN to the folder of initdb and postgres");
	return found;
}

/** The newest version first. */
function versions(folder, below, wanted = /./) {
	const names = existsSync(folder) ? readdirSync(folder).filter((name) => wanted.test(name)) : [];
	return names.sort((a, b) => b.localeCompare(a, "en", { numeric: true })).map((name) => join(folder, name, below));
}

/** PostgreSQL refuses to run as root. */
function unprivileged() {
	if (process.getuid() !== 0) return {};
	for (const user of ["postgres", "nobody"]) {
		try {
			const ask = (flag) => Number(execFileSync("id", [flag, user], { stdio: "pipe" }).toString());
			return { uid: ask("-u"), gid: ask("-g") };
		} catch {
			// there is no such user: try the next
		}
	}
	throw new Error("PostgreSQL does not run as root, and there is neither a user postgres nor nobody: run this as another user");
}
