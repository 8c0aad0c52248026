/** GET /list-accounts, POST /unlink-account: of users with a password; social.mjs has those with providers */
const UNLINK = "POST /unlink-account";

export const accounts = {
	"list-accounts/lists the password": async (t) => {
		const { browser, id } = await t.member();
		const { json } = await browser.ask("GET /list-accounts");
		t.names.add(json[0].id, "<account>");
		t.fact("the password goes by the user's id", json.length === 1 && json[0].accountId === id && json[0].userId === id);
		await browser.send("list", "GET /list-accounts");
		await t.visitor().send("no session", "GET /list-accounts");
	},

	"list-accounts/works by the client": async (t) => {
		const { browser } = await t.member();
		const [{ id }] = (await browser.ask("GET /list-accounts")).json;
		t.names.add(id, "<account>");
		await browser.call("list", "listAccounts", (client) => client.listAccounts());
		await browser.call("unlink", "unlinkAccount", (client) => client.unlinkAccount({ accountId: id }));
	},

	"unlink-account/keeps the last way in": async (t) => {
		const { browser, id } = await t.member();
		const [account] = (await browser.ask("GET /list-accounts")).json;
		await browser.send("the only one", UNLINK, { json: { accountId: account.id } });
		await browser.send("one that does not exist", UNLINK, { json: { accountId: "x" } });
		await browser.send("by the provider's name for it", UNLINK, { json: { accountId: id, providerId: "credential" } });
		await browser.send("nothing in it", UNLINK, { json: {} });
		await browser.send("wrong type", UNLINK, { json: { accountId: 1 } });
		await t.visitor().send("no session", UNLINK, { json: { accountId: account.id } });
	},
};
