package authsvc

import (
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/code"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/magiclink"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/mailcode"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/phone"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/post"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/postgres"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

// passwordless are the ways in that need no password.
type passwordless struct {
	mailCodes  *mailcode.Service
	magicLinks *magiclink.Service
	phones     *phone.Service
}

// passwordless wires them. texts says whether text messages can be sent.
func (c Config) passwordless(deps kit.Deps, accounts *account.Service, mails *post.Post, texts bool) (passwordless, error) {
	links, err := postgres.NewMagicLink(deps.DB, mails, deps.Root)
	if err != nil {
		return passwordless{}, err
	}
	codes := code.New(postgres.NewCode(deps.DB, mails), accounts, deps.Root)
	return passwordless{
		mailCodes: mailcode.New(mailcode.Config{
			Codes: codes, Accounts: accounts, Notices: accounts.Notices, ConfirmChange: c.ChangeConfirmation,
		}),
		magicLinks: magiclink.New(links, accounts, accounts.Notices),
		phones:     phone.New(codes, accounts, texts),
	}, nil
}
