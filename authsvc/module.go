// Package authsvc wires the module that proves who is calling: passwords, sessions,
// tokens and the mails around them.
package authsvc

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/admin"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/breach"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/cookie"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/grant"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/httpapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/onetime"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/origin"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/post"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/postgres"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/refresh"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/rpcapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/signingkey"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/sms"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/twofactor"
	"github.com/gatehouse-auth/gatehouse/authsvc/migrations"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/logging"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// Spec is the module for composition roots.
func Spec() kit.Spec {
	return kit.Configured(kit.Spec{
		Name: authapi.Service, Contract: authapi.Methods(), Migrations: migrations.Files(), AfterMigrate: post.Migrate,
	}, New)
}

// New wires authsvc.
func New(c Config, deps kit.Deps) (*kit.Module, error) {
	trusted, err := c.origins(deps.Development)
	if err != nil {
		return nil, err
	}
	sender, mailbox, err := c.sender(deps.Now)
	if err != nil {
		return nil, err
	}
	if mailbox != nil && !deps.Development {
		deps.Log.Warn().Msg("no mail is sent: set GATEHOUSE_MAIL to resend or smtp")
	}
	texts, err := c.texts(deps.Development, deps.Now, mailbox)
	if err != nil {
		return nil, err
	}
	challenge, err := c.captcha()
	if err != nil {
		return nil, err
	}
	breaches, err := breach.Open(c.BreachedPasswords)
	if err != nil {
		return nil, fmt.Errorf("GATEHOUSE_BREACHED_PASSWORDS: %w", err)
	}
	mails, err := post.New(deps.DB, deps.Root, sms.Switch{Mails: sender, Texts: texts}, logging.Slog(deps.Log.Level(zerolog.WarnLevel)))
	if err != nil {
		return nil, err
	}
	notices, err := c.notices(deps.BaseURL)
	if err != nil {
		return nil, err
	}
	ring, err := signingkey.NewRing(postgres.NewSigningKey(deps.DB), deps.Root, deps.Now)
	if err != nil {
		return nil, err
	}
	relay, err := events.NewRelay(events.RelayConfig{Source: authapi.Service, DB: deps.DB, Wake: deps.Wake, Log: deps.Log})
	if err != nil {
		return nil, err
	}
	store := postgres.NewAccount(deps.DB, mails)
	links, err := postgres.NewLinked(deps.DB, mails, deps.Root)
	if err != nil {
		return nil, err
	}
	own := epoch.NewFollower(epoch.FollowerConfig{Source: authapi.Service, Ask: deps.Epochs.Serve, Wake: deps.Wake, Log: deps.Log})
	theirs := epoch.NewFollower(epoch.FollowerConfig{
		Source: identityapi.Service, Ask: identityapi.Epochs.Asker(deps.Call), Wake: deps.Wake, Log: deps.Log,
	})
	ring.Watch(deps.Epochs.Known, func(since int64, ids []string) bool {
		return slices.ContainsFunc(ids, func(id string) bool {
			return !own.Current(since, epoch.Mark{Scope: authapi.ScopeKey, Key: id})
		})
	})
	users := account.NewUserCopies(theirs, c.SessionCache != "off")
	accounts := account.New(account.Config{
		Users: users, Copies: account.NewCopies(own, deps.Epochs.Known, users),
		Site:  append(strings.Split(deps.BaseURL.Hostname(), "."), "gatehouse"),
		Store: store, Call: deps.Call, Passwords: password.NewHasher().WithBreaches(breaches), Mint: token.NewMail(deps.Root, deps.Now),
		Notices: notices, Guesses: throttle.NewGuesses(deps.Root, deps.Now), Now: deps.Now, RequireVerification: c.RequireVerification,
		ApproveChanges: c.ChangeConfirmation, ConfirmDeletions: c.DeleteVerification,
		LimitMembers: c.limited(deps.Development),
	})
	signIns, err := c.signIns(deps, accounts, mails)
	if err != nil {
		return nil, err
	}
	factors, err := twofactor.New(postgres.NewTwoFactor(store), accounts, notices, deps.Root)
	if err != nil {
		return nil, err
	}
	unlocked, err := c.passwordless(deps, accounts, mails, texts != nil)
	if err != nil {
		return nil, err
	}
	mint := token.NewMint(ring, deps.BaseURL.String(), deps.Now)
	grants := grant.New(accounts, refresh.New(postgres.NewRefresh(deps.DB, mails), deps.Root, deps.Now), mint, deps.Now)
	handovers, err := onetime.New(postgres.NewOneTime(deps.DB, mails), accounts, deps.Root)
	if err != nil {
		return nil, err
	}
	jar := cookie.New(deps.Root, deps.BaseURL.Scheme == "https")
	api := httpapi.New(httpapi.Config{
		Accounts: accounts, Grants: grants, Linked: linked.New(links), Admin: admin.New(accounts, factors), Social: signIns, Factors: factors, OneTime: handovers,
		MailCodes: unlocked.mailCodes, MagicLinks: unlocked.magicLinks, Phones: unlocked.phones,
		Cookies: jar, Origins: origin.New(deps.BaseURL.String(), trusted), Base: deps.BaseURL.String(), Now: deps.Now,
		Limits: c.limits(deps.Development, deps.Now), Captcha: challenge,
	})
	if err := api.CheckCaptcha(); err != nil {
		return nil, fmt.Errorf("GATEHOUSE_CAPTCHA_ENDPOINTS: %w", err)
	}
	routes := api.Routes()
	if mailbox != nil && deps.Development {
		routes = append(routes, httpapi.MailboxRoutes(mailbox)...)
	}
	return &kit.Module{
		Handlers: append(rpcapi.New(accounts, grants, jar).Handlers(), authapi.Epochs.Handle(deps.Epochs.Serve), authapi.Events.Handle(events.NewFeed(deps.DB).Read)),
		Routes:   routes,
		Loops: []kit.Loop{
			{Name: "relay", Run: relay.Run},
			{Name: "epochs", Run: deps.Epochs.Run},
			{Name: "own changes", Run: own.Run},
			{Name: "changes of identity", Run: theirs.Run},
			{Name: "mail", Run: mails.Run},
			{Name: "sweep", Run: sweep(store, deps.Now)},
			{Name: "removals", Run: accounts.FinishRemovalsRegularly},
		},
		Ready: func(ctx context.Context) error { return pg.Fault(deps.DB.Ping(ctx)) },
	}, nil
}

// sweepEvery is how often expired rows are removed, and keepExpired how long they stay.
const (
	sweepEvery  = time.Hour
	keepExpired = 24 * time.Hour
)

// sweep removes expired rows now and then. Nothing relies on it.
func sweep(store *postgres.Account, now func() time.Time) func(context.Context) error {
	return func(ctx context.Context) error {
		ticker := time.NewTicker(sweepEvery)
		defer ticker.Stop()
		for {
			if err := store.Sweep(ctx, now().Add(-keepExpired)); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-ticker.C:
			}
		}
	}
}
