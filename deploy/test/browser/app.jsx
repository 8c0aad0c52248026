// A front end on an origin of its own, as a newcomer writes it: the official client, its
// React hook, and one call of a guarded route with a token.
import { createAuthClient } from "better-auth/react";
import { useState } from "react";
import { createRoot } from "react-dom/client";

const baseURL = new URLSearchParams(location.search).get("gatehouse");
const auth = createAuthClient({ baseURL });

function App() {
	const { data, isPending, refetch } = auth.useSession();
	if (isPending) return <p>Looking …</p>;
	return data ? <Account user={data.user} refetch={refetch} /> : <Door />;
}

function Door() {
	const [fault, setFault] = useState("");
	async function enter(event) {
		event.preventDefault();
		const { name, email, password } = Object.fromEntries(new FormData(event.target));
		const how = event.nativeEvent.submitter.value;
		const { error } = how === "up" ? await auth.signUp.email({ name, email, password }) : await auth.signIn.email({ email, password });
		setFault(error?.message ?? "");
	}
	return (
		<form onSubmit={enter}>
			<input name="name" placeholder="Name" />
			<input name="email" placeholder="E-mail" />
			<input name="password" type="password" placeholder="Password" />
			<button value="up">Sign up</button>
			<button value="in">Sign in</button>
			<p role="alert">{fault}</p>
		</form>
	);
}

function Account({ user, refetch }) {
	const [roles, setRoles] = useState("");
	async function ask() {
		const { data } = await auth.$fetch("/token");
		const answer = await fetch(`${baseURL}/api/v1/me`, { headers: { authorization: `Bearer ${data.token}` } });
		setRoles(answer.ok ? (await answer.json()).roles.join(", ") : String(answer.status));
	}
	return (
		<main>
			<h1>Hello {user.name}</h1>
			<p>{user.emailVerified ? "Your address is confirmed." : "Your address is not confirmed yet."}</p>
			<button onClick={ask}>Ask for my roles</button>
			<output>{roles}</output>
			<button onClick={() => refetch()}>Look again</button>
			<button onClick={() => auth.signOut()}>Sign out</button>
		</main>
	);
}

createRoot(document.getElementById("app")).render(<App />);
