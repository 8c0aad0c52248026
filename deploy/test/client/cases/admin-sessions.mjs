/** The client's admin plugin: sessions, passwords, and acting as somebody else. */
const nobody = "0198c0de-0000-7000-8000-000000000000";
const oldestFirst = (sessions) => sessions?.toSorted((a, b) => new Date(a.createdAt) - new Date(b.createdAt)) ?? null;

/** The administrator is as old as the server, which differs: leaves the age out. */
const ageless = (body) => ({ ...body, user: { ...body.user, createdAt: null, updatedAt: null } });
const isOneself = async (browser, id) => (await browser.ask("GET /get-session")).json?.user.id === id;

export const adminSessions = {
	"admin/list-user-sessions": async (t) => {
		const { browser } = await t.admin();
		const ada = await t.member();
		await t.again(ada, "the other browser", { rememberMe: false });
		await browser.send("list", "POST /admin/list-user-sessions", {
			json: { userId: ada.id },
			arrange: ({ sessions, ...rest }) => ({ ...rest, sessions: oldestFirst(sessions) }),
		});
		await browser.call("of nobody", "admin.listUserSessions", (client) => client.admin.listUserSessions({ userId: nobody }));
	},

	"admin/revoke-user-session": async (t) => {
		const { browser } = await t.admin();
		const ada = await t.member();
		const other = await t.again(ada, "the other browser");
		const { json } = await browser.ask("POST /admin/list-user-sessions", { json: { userId: ada.id } });
		const [{ token }] = oldestFirst(json.sessions);
		const revoked = await browser.client.admin.revokeUserSession({ sessionToken: token });
		t.fact("the client sees success", revoked.data?.success === true);
		await ada.browser.send("the first", "GET /get-session");
		await other.browser.send("the second", "GET /get-session");
	},

	"admin/revoke-user-sessions": async (t) => {
		const { browser } = await t.admin();
		const ada = await t.member();
		const other = await t.again(ada, "the other browser");
		await browser.call("revoke", "admin.revokeUserSessions", (client) => client.admin.revokeUserSessions({ userId: ada.id }));
		await ada.browser.send("the first", "GET /get-session");
		await other.browser.send("the second", "GET /get-session");
	},

	"admin/set-user-password": async (t) => {
		const { browser } = await t.admin();
		const ada = await t.member();
		const { email, password } = ada.person;
		await browser.send("a short one", "POST /admin/set-user-password", { json: { userId: ada.id, newPassword: "short" } });
		await browser.send("a long one", "POST /admin/set-user-password", { json: { userId: ada.id, newPassword: "x".repeat(129) } });
		await browser.call("set", "admin.setUserPassword", (client) => client.admin.setUserPassword({ userId: ada.id, newPassword: "another battery" }));
		await t.visitor().send("the old one", "POST /sign-in/email", { json: { email, password } });
		await t.visitor().send("the new one", "POST /sign-in/email", { json: { email, password: "another battery" } });
	},

	"admin/set-user-password and the sessions": async (t) => {
		const { browser } = await t.admin();
		const ada = await t.member();
		await browser.ask("POST /admin/set-user-password", { json: { userId: ada.id, newPassword: "another battery" } });
		await ada.browser.send("session", "GET /get-session");
	},
};

export const impersonation = {
	"admin/impersonate-user": async (t) => {
		const { browser, id } = await t.admin();
		const ada = await t.member();
		await browser.send("act", "POST /admin/impersonate-user", { json: { userId: ada.id } });
		await browser.send("session", "GET /get-session");
		await browser.send("what the user may not", "GET /admin/list-users");
		await browser.send("stop", "POST /admin/stop-impersonating", { json: {}, arrange: ageless });
		t.fact("the administrator is back", await isOneself(browser, id));
		await browser.send("stop again", "POST /admin/stop-impersonating", { json: {} });
		await ada.browser.send("session of the user", "GET /get-session");
		await browser.send("act as an admin", "POST /admin/impersonate-user", { json: { userId: id } });
	},

	"admin/impersonate-user by the client": async (t) => {
		const { browser, id } = await t.admin();
		const ada = await t.member();
		await browser.call("act", "admin.impersonateUser", (client) => client.admin.impersonateUser({ userId: ada.id }));
		await browser.call("session", "getSession", (client) => client.getSession());
		await browser.call("stop", "admin.stopImpersonating", (client) => client.admin.stopImpersonating(), { arrange: ageless });
		t.fact("the administrator is back", await isOneself(browser, id));
	},

	"admin/impersonate-user of a session that is not remembered": async (t) => {
		const admin = await t.admin();
		const ada = await t.member();
		const { browser } = await t.again(admin, "the browser that forgets", { rememberMe: false });
		await browser.send("act", "POST /admin/impersonate-user", { json: { userId: ada.id } });
		await browser.send("stop", "POST /admin/stop-impersonating", { json: {}, arrange: ageless });
	},

	"admin/impersonate-user and the list of sessions": async (t) => {
		const { browser } = await t.admin();
		const ada = await t.member();
		await browser.ask("POST /admin/impersonate-user", { json: { userId: ada.id } });
		await ada.browser.send("list of the user", "GET /list-sessions", { arrange: oldestFirst });
	},

	"admin/impersonate-user a second time": async (t) => {
		const { browser } = await t.admin();
		const ada = await t.member();
		await browser.ask("POST /admin/impersonate-user", { json: { userId: ada.id } });
		await browser.send("act", "POST /admin/impersonate-user", { json: { userId: ada.id } });
	},

	"admin/stop-impersonating without the way back": async (t) => {
		const { browser } = await t.admin();
		const ada = await t.member();
		await browser.ask("POST /admin/impersonate-user", { json: { userId: ada.id } });
		const cookie = browser.jar.header().split("; ").filter((pair) => !pair.includes("admin_session")).join("; ");
		await browser.send("stop", "POST /admin/stop-impersonating", { json: {}, cookie });
	},
};
