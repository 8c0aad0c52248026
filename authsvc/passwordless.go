package authsvc

import (
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/code"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/magiclink"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/mailcode"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/post"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/postgres"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

// passwordless wires the ways in that need no password.
func (c Config) passwordless(deps kit.Deps, accounts *account.Service, mails *post.Post) (*mailcode.Service, *magiclink.Service, error) {
	links, err := postgres.NewMagicLink(deps.DB, mails, deps.Root)
	if err != nil {
		return nil, nil, err
	}
	codes := code.New(postgres.NewCode(deps.DB, mails), accounts, deps.Root)
	mailCodes := mailcode.New(mailcode.Config{
		Codes: codes, Accounts: accounts, Notices: accounts.Notices, ConfirmChange: c.ChangeConfirmation,
	})
	return mailCodes, magiclink.New(links, accounts, accounts.Notices), nil
}
