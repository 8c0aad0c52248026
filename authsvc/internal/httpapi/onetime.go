package httpapi

import "github.com/gatehouse-auth/gatehouse/shared/httpx"

func (a *API) oneTimeEndpoints() []endpoint {
	return []endpoint{
		{
			id: "one-time-token-generate", method: "GET", path: "/one-time-token/generate", summary: "A token that hands the session over, once",
			serve: issueOneTime, access: signedIn, answers: httpx.SchemaOf[tokenAnswer](),
		},
		{
			id: "one-time-token-verify", method: "POST", path: "/one-time-token/verify", summary: "Take over the session that a one-time token stands for",
			serve: useOneTime, body: &schema{fields: []field{{name: "token"}}}, answers: httpx.SchemaOf[sessionAndUser](),
		},
	}
}

func issueOneTime(x *exchange) error {
	presented, _, _ := x.api.presented(x.r)
	issued, err := x.api.OneTime.Issue(x.r.Context(), x.current, presented, x.from(false))
	if err != nil {
		return err
	}
	return x.json(tokenAnswer{issued})
}

func useOneTime(x *exchange) error {
	signed, err := x.api.OneTime.Use(x.r.Context(), x.body.text("token"), x.from(false))
	if err != nil {
		return err
	}
	x.setSession(signed.Token, signed.Session.Remember)
	if err := x.joinDevice(signed); err != nil {
		return err
	}
	return x.json(sessionAndUser{answerSession(signed.Session), answerUser(signed.User)})
}
