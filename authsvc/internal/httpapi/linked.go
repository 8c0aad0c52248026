package httpapi

import (
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

func (a *API) linkedEndpoints() []endpoint {
	return []endpoint{
		{
			id: "list-accounts", method: "GET", path: "/list-accounts", summary: "The user's password and accounts at providers", serve: listAccounts,
			access: signedIn, answers: httpx.SchemaOf[[]linkedAnswer](),
		},
		{
			id: "unlink-account", method: "POST", path: "/unlink-account", summary: "Take away one of them, named by its id", serve: unlinkAccount,
			access: freshlySigned, body: &schema{fields: []field{{name: "accountId"}}}, answers: httpx.SchemaOf[statusAnswer](),
		},
	}
}

// linkedAnswer is a way in as the protocol shows it: without its secrets.
type linkedAnswer struct {
	AccountID  string   `json:"accountId"`
	ProviderID string   `json:"providerId"`
	UserID     string   `json:"userId"`
	CreatedAt  stamp    `json:"createdAt"`
	UpdatedAt  stamp    `json:"updatedAt"`
	ID         string   `json:"id"`
	Scopes     []string `json:"scopes"`
}

func answerLinked(a linked.Account) linkedAnswer {
	return linkedAnswer{
		AccountID: a.AccountID, ProviderID: a.Provider, UserID: a.UserID, CreatedAt: stamp(a.CreatedAt), UpdatedAt: stamp(a.UpdatedAt),
		ID: a.ID, Scopes: a.Scope,
	}
}

func listAccounts(x *exchange) error {
	all, err := x.api.Linked.List(x.r.Context(), x.current.User.ID)
	if err != nil {
		return err
	}
	answers := make([]linkedAnswer, 0, len(all))
	for _, a := range all {
		answers = append(answers, answerLinked(a))
	}
	return x.json(answers)
}

func unlinkAccount(x *exchange) error {
	if err := x.api.Linked.Unlink(x.r.Context(), x.current.User, x.body.text("accountId"), x.from(false)); err != nil {
		return err
	}
	return x.json(statusAnswer{true})
}
