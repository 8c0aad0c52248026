/** What the official client does on its own in a browser: redirects, and the session store behind useSession. */
const PATIENCE_MS = 5_000;

/** Runs `act` with a `window`, which is how the client knows that it is in a browser; answers where it was sent. */
async function inBrowser(act) {
	const location = { href: "http://localhost:3001/", origin: "http://localhost:3001" };
	globalThis.window = Object.assign(new EventTarget(), { location });
	try {
		await act();
		return location.href;
	} finally {
		delete globalThis.window;
	}
}

/** Waits for the first settled value of the store that `wanted` accepts. */
function settled(store, wanted) {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => done(reject, new Error(`useSession did not settle in ${PATIENCE_MS} ms`)), PATIENCE_MS);
		const stop = store.listen((value) => {
			if (!value.isPending && !value.isRefetching && wanted(value)) done(resolve, value);
		});
		function done(finish, value) {
			clearTimeout(timer);
			stop();
			finish(value);
		}
	});
}

export const client = {
	"client/goes where sign-in sends it": async (t) => {
		const { person } = await t.member();
		const { email, password } = person;
		for (const callbackURL of ["http://localhost:3001/home", "/home"]) {
			const place = await inBrowser(() =>
				t.visitor().call(`to ${callbackURL}`, "signIn.email", (c) => c.signIn.email({ email, password, callbackURL })),
			);
			t.fact(`the browser goes to ${callbackURL}`, place === callbackURL);
		}
		const stays = await inBrowser(() => t.visitor().call("nowhere", "signIn.email", (c) => c.signIn.email({ email, password })));
		t.fact("without a callback it stays", stays === "http://localhost:3001/");
	},

	"client/useSession follows sign-in and sign-out": async (t) => {
		const { person, user } = await t.member();
		const { email, password } = person;
		const visitor = t.visitor();
		await inBrowser(async () => {
			const { useSession } = visitor.client;
			const hold = useSession.listen(() => {});
			const first = await settled(useSession, () => true);
			t.fact("nobody is signed in at first", first.data === null && first.error === null);
			const signedIn = settled(useSession, ({ data }) => data !== null);
			await visitor.client.signIn.email({ email, password });
			const { data } = await signedIn;
			t.fact("the store has the user after sign-in", data.user.id === user.id && data.user.email === email);
			t.fact("its dates are Dates", data.session.expiresAt instanceof Date);
			const signedOut = settled(useSession, (value) => value.data === null);
			await visitor.client.signOut();
			t.fact("the store is empty after sign-out", (await signedOut).data === null);
			hold();
		});
	},

	"client/the whole way": async (t) => {
		const ada = t.person();
		const visitor = t.visitor();
		await visitor.call("sign up", "signUp.email", (c) => c.signUp.email({ ...ada, callbackURL: "http://localhost:3001/in" }));
		const { link } = await t.mail("verification mail", ada.email, 1);
		await visitor.send("follow it", `GET ${link.slice(`${t.base}/api/auth`.length)}`);
		await visitor.call("sign out", "signOut", (c) => c.signOut());
		await visitor.call("sign in", "signIn.email", (c) => c.signIn.email({ email: ada.email, password: ada.password, rememberMe: false }));
		const { data } = await visitor.call("session", "getSession", (c) => c.getSession());
		t.fact("the address is verified", data?.user.emailVerified === true);
		await visitor.call("token", "token", (c) => c.token());
		await visitor.call("sessions", "listSessions", (c) => c.listSessions(), {
			arrange: (list) => list?.toSorted((a, b) => a.createdAt - b.createdAt) ?? null,
		});
		await visitor.call("sign out again", "signOut", (c) => c.signOut());
		await visitor.call("session at the end", "getSession", (c) => c.getSession());
	},

	"client/sends the bearer it was given": async (t) => {
		const { token } = await t.member();
		const program = t.visitor({ origin: null });
		const auth = { type: "Bearer", token: () => token };
		await program.call("session", "getSession", (c) => c.getSession({ fetchOptions: { auth } }));
		await program.call("sessions", "listSessions", (c) => c.listSessions({ fetchOptions: { auth } }));
		await program.call("sign out", "signOut", (c) => c.signOut({ fetchOptions: { auth } }));
		await program.call("session after it", "getSession", (c) => c.getSession({ fetchOptions: { auth } }));
	},
};
