/** The client's admin plugin: users. What administrators do with sessions is in admin-sessions.mjs. */
const nobody = "0198c0de-0000-7000-8000-000000000000";

/** Every endpoint with a body that is good enough to ask who is calling. */
const endpoints = (id) => ({
	"POST /admin/create-user": { email: "nobody@example.com", name: "Nobody" },
	"GET /admin/list-users": undefined,
	[`GET /admin/get-user?id=${id}`]: undefined,
	"POST /admin/update-user": { userId: id, data: { name: "Nobody" } },
	"POST /admin/set-role": { userId: id, role: "user" },
	"POST /admin/ban-user": { userId: id },
	"POST /admin/unban-user": { userId: id },
	"POST /admin/remove-user": { userId: id },
	"POST /admin/list-user-sessions": { userId: id },
	"POST /admin/revoke-user-session": { sessionToken: "nothing" },
	"POST /admin/revoke-user-sessions": { userId: id },
	"POST /admin/impersonate-user": { userId: id },
	"POST /admin/stop-impersonating": {},
	"POST /admin/set-user-password": { userId: id, newPassword: "another battery" },
	"POST /admin/has-permission": { permissions: { user: ["list"] } },
});

export const adminAccess = {
	"admin/without a session": async (t) => {
		for (const [what, json] of Object.entries(endpoints(nobody))) await t.visitor().send(what.split("?")[0], what, { json });
	},

	"admin/without a permission": async (t) => {
		const { browser, id } = await t.member();
		for (const [what, json] of Object.entries(endpoints(id))) await browser.send(what.split("?")[0], what, { json });
	},

	"admin/with a malformed request": async (t) => {
		const { browser } = await t.admin();
		const bodies = {
			"POST /admin/create-user": [{}, { email: 1, name: 2, password: 3, role: 4, data: 5 }, { email: "x", name: "x" }],
			"POST /admin/update-user": [{}, { userId: "x", data: [] }, { userId: "x", data: {} }, { userId: nobody, data: { name: "x" } }],
			"POST /admin/set-role": [{}, { userId: null, role: 1 }, { userId: nobody, role: ["user", 1] }, { userId: nobody, role: "user" }],
			"POST /admin/ban-user": [{}, { userId: nobody, banReason: 1, banExpiresIn: "1" }, { userId: nobody }],
			"POST /admin/unban-user": [{}, { userId: nobody }],
			"POST /admin/remove-user": [[], {}, { userId: {} }, { userId: true }],
			"POST /admin/list-user-sessions": [{}, { userId: nobody }],
			"POST /admin/revoke-user-session": [{}, { sessionToken: "nothing" }],
			"POST /admin/revoke-user-sessions": [{}, { userId: nobody }],
			"POST /admin/impersonate-user": [{}, { userId: nobody }],
			"POST /admin/set-user-password": [{}, { userId: "", newPassword: "" }, { userId: nobody, newPassword: "another battery" }],
			"POST /admin/has-permission": [{}, { permissions: { user: "list" } }, { permissions: { user: [1] } }, { permissions: {}, permission: {} }, { permission: { user: ["list"] } }],
		};
		const names = ["first", "second", "third", "fourth", "fifth"];
		for (const [what, all] of Object.entries(bodies)) {
			for (const [i, json] of all.entries()) await browser.send(`${what}, the ${names[i]}`, what, { json });
		}
		await browser.send("no id", "GET /admin/get-user");
		await browser.send("two ids", "GET /admin/get-user?id=a&id=b");
		await browser.send("an id of nobody", `GET /admin/get-user?id=${nobody}`);
		await browser.send("a list of nothing", "GET /admin/list-users?searchField=x&searchOperator=y&sortDirection=z&filterOperator=q");
		await browser.send("two limits", "GET /admin/list-users?limit=1&limit=2");
	},

	"admin/has-permission": async (t) => {
		const admin = await t.admin();
		const { browser } = await t.member();
		const asked = {
			"one action": { user: ["list"] },
			"two resources": { user: ["create", "ban"], session: ["list", "revoke", "delete"] },
			"every action": { user: ["create", "list", "set-role", "ban", "impersonate", "delete", "set-password", "set-email", "set-phone", "get", "update"] },
			"impersonate-admins": { user: ["list", "impersonate-admins"] },
			"an action that is none": { user: ["fly"] },
			"no action": { user: [] },
			"no resource": {},
		};
		for (const [step, permissions] of Object.entries(asked)) {
			await admin.browser.call(step, "admin.hasPermission", (client) => client.admin.hasPermission({ permissions }));
		}
		await browser.call("of a user", "admin.hasPermission", (client) => client.admin.hasPermission({ permissions: { user: ["list"] } }));
		await browser.send("of a user who names a role", "POST /admin/has-permission", { json: { permissions: { user: ["list"] }, role: "admin", userId: admin.id } });
	},
};

export const adminUsers = {
	"admin/create-user": async (t) => {
		const { browser } = await t.admin();
		const ada = t.person();
		await browser.call("create", "admin.createUser", (client) => client.admin.createUser({ ...ada, name: "Ada" }));
		await browser.send("the same address", "POST /admin/create-user", { json: { email: ada.email.toUpperCase(), name: "Ada" } });
		await t.visitor().send("sign in", "POST /sign-in/email", { json: { email: ada.email, password: ada.password } });
		const bob = t.person("bob");
		await browser.send("with all", "POST /admin/create-user", {
			json: {
				email: bob.email, name: "Bob", password: bob.password, role: "admin",
				data: { emailVerified: true, image: "https://example.com/bob.png", banned: true, banReason: "spam", unknown: 1 },
			},
		});
		await t.visitor().send("sign in while banned", "POST /sign-in/email", { json: { email: bob.email, password: bob.password } });
		const eve = t.person("eve");
		await browser.send("a role that is none", "POST /admin/create-user", { json: { email: eve.email, name: "Eve", data: { role: 5 } } });
		await browser.send("a long password", "POST /admin/create-user", { json: { email: eve.email, name: "Eve", password: "x".repeat(129) } });
		await browser.send("without a password", "POST /admin/create-user", { json: { email: eve.email, name: "", password: "", data: { role: "user" } } });
		await t.visitor().send("sign in without one", "POST /sign-in/email", { json: { email: eve.email, password: "another battery" } });
	},

	"admin/create-user with a short password": async (t) => {
		const { browser } = await t.admin();
		await browser.send("create", "POST /admin/create-user", { json: { email: t.person().email, name: "Ada", password: "short" } });
	},

	"admin/get-user": async (t) => {
		const { browser } = await t.admin();
		const { id } = await t.member();
		await browser.send("get", `GET /admin/get-user?id=${id}`);
	},

	"admin/update-user": async (t) => {
		const { browser, id: ownID } = await t.admin();
		const ada = await t.member();
		const bob = await t.member("bob");
		const data = {
			name: { name: "Ada Lovelace" },
			image: { image: "https://example.com/a.png" },
			"no image": { image: null },
			"the address verified": { emailVerified: true },
			"a taken address": { email: bob.person.email },
			"what is no address": { email: "x" },
			"no address": { email: null },
			"a role": { role: "admin" },
			"roles": { role: ["user"] },
			"no role": { role: [1] },
			"something unknown": { unknown: 1 },
			"a password": { password: "another battery" },
			"an id": { id: "x" },
		};
		for (const [step, changes] of Object.entries(data)) {
			await browser.send(step, "POST /admin/update-user", { json: { userId: ada.id, data: changes } });
		}
		const moved = t.person("moved");
		await browser.call("another address", "admin.updateUser", (client) => client.admin.updateUser({ userId: ada.id, data: { email: moved.email.toUpperCase() } }));
		await ada.browser.send("session", "GET /get-session");
		await browser.send("banned", "POST /admin/update-user", { json: { userId: ada.id, data: { banned: true, banReason: "spam" } } });
		await ada.browser.send("session while banned", "GET /get-session");
		await browser.send("banned until", "POST /admin/update-user", { json: { userId: ada.id, data: { banExpires: new Date(Date.now() + 3_600_000).toISOString() } } });
		await browser.send("not banned", "POST /admin/update-user", { json: { userId: ada.id, data: { banned: false, banReason: null, banExpires: null } } });
		await browser.send("oneself banned", "POST /admin/update-user", { json: { userId: ownID, data: { banned: true } } });
	},

	"admin/set-role": async (t) => {
		const { browser } = await t.admin();
		const ada = await t.member();
		await browser.call("admin", "admin.setRole", (client) => client.admin.setRole({ userId: ada.id, role: "admin" }));
		await ada.browser.send("session", "GET /get-session");
		await ada.browser.send("what an admin may", `GET /admin/get-user?id=${ada.id}`);
		await browser.send("user", "POST /admin/set-role", { json: { userId: ada.id, role: ["user"] } });
		await ada.browser.send("what a user may", `GET /admin/get-user?id=${ada.id}`);
	},

	"admin/set-role to what there is not": async (t) => {
		const { browser } = await t.admin();
		const { id } = await t.member();
		await browser.send("set", "POST /admin/set-role", { json: { userId: id, role: "no-such-role" } });
	},

	"admin/ban-user": async (t) => {
		const { browser, id } = await t.admin();
		const ada = await t.member();
		const { email, password } = ada.person;
		await browser.call("ban", "admin.banUser", (client) => client.admin.banUser({ userId: ada.id, banReason: "spam", banExpiresIn: 3600 }));
		await ada.browser.send("session", "GET /get-session");
		await ada.browser.send("sign in", "POST /sign-in/email", { json: { email, password } });
		await browser.send("impersonate", "POST /admin/impersonate-user", { json: { userId: ada.id } });
		await browser.send("ban without a reason", "POST /admin/ban-user", { json: { userId: ada.id, banReason: "" } });
		await browser.call("unban", "admin.unbanUser", (client) => client.admin.unbanUser({ userId: ada.id }));
		await ada.browser.send("sign in again", "POST /sign-in/email", { json: { email, password } });
		await browser.send("ban oneself", "POST /admin/ban-user", { json: { userId: id } });
	},

	"admin/remove-user": async (t) => {
		const { browser, id } = await t.admin();
		const ada = await t.member();
		const { email, password } = ada.person;
		await browser.call("remove", "admin.removeUser", (client) => client.admin.removeUser({ userId: ada.id }));
		await ada.browser.send("session", "GET /get-session");
		await ada.browser.send("sign in", "POST /sign-in/email", { json: { email, password } });
		await browser.send("get", `GET /admin/get-user?id=${ada.id}`);
		await browser.send("remove again", "POST /admin/remove-user", { json: { userId: ada.id } });
		await browser.send("remove oneself", "POST /admin/remove-user", { json: { userId: id } });
		const again = await t.visitor().send("sign up again", "POST /sign-up/email", { json: ada.person });
		t.fact("the id is a new one", again.json.user.id !== ada.id);
	},

	"admin/list-users": async (t) => {
		const { browser } = await t.admin();
		const people = [];
		for (const name of ["ada", "bob", "cyd"]) people.push(await t.member(name));
		const emails = people.map(({ person }) => encodeURIComponent(person.email));
		const some = `filterField=email&filterOperator=in&${emails.map((email) => `filterValue=${email}`).join("&")}`;
		const queries = {
			some,
			"some, backwards": `${some}&sortBy=email&sortDirection=desc`,
			"a page": `${some}&limit=1&offset=1&sortBy=email`,
			"no limit": `${some}&limit=0&offset=0`,
			"a limit that is no number": `${some}&limit=many`,
			"a limit below zero": `${some}&limit=-1`,
			"a limit between numbers": `${some}&limit=1.5`,
			"a search": `searchValue=${emails[0]}`,
			"a search at the start": `searchValue=${emails[0]}&searchOperator=starts_with`,
			"a search by name": `searchField=name&searchValue=ada&${some}`,
			"a search in capitals": `searchField=name&searchValue=ADA&${some}`,
			"a filter": `filterValue=${emails[1]}`,
			"a filter for others": `searchValue=${emails[1]}&filterField=email&filterOperator=ne&filterValue=${emails[1]}`,
			"a filter for the banned": `searchValue=${emails[1]}&filterField=banned&filterValue=true`,
			"a filter for the others": `searchValue=${emails[1]}&filterField=banned&filterValue=false`,
			"a filter by role": `searchValue=${emails[1]}&filterField=role&filterValue=user`,
			"a filter by time": `searchValue=${emails[1]}&filterField=createdAt&filterOperator=gt&filterValue=2020-01-01`,
			"a filter by id": `filterField=id&filterValue=${people[2].id}`,
			"one value for many": `filterField=email&filterOperator=in&filterValue=${emails[0]}`,
			"many values for one": `filterField=email&filterValue=${emails[0]}&filterValue=${emails[1]}`,
			"a field that is none": "filterField=nothing&filterValue=x",
			"the password as a field": "filterField=password&filterValue=x",
			"an order by nothing": "sortBy=nothing",
		};
		for (const [step, query] of Object.entries(queries)) await browser.send(step, `GET /admin/list-users?${query}`);
		const query = { searchValue: people[0].person.email, limit: 5 };
		await browser.call("by the client", "admin.listUsers", (client) => client.admin.listUsers({ query }));
	},
};
