package authtest

import (
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/admin"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/code"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/grant"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/magiclink"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/mailcode"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/onetime"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/phone"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/post"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/postgres"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/refresh"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/signingkey"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/social"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/twofactor"
	"github.com/gatehouse-auth/gatehouse/authsvc/migrations"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Base is the public origin of every World.
const Base = "https://auth.example.com"

// Options are the settings of a World.
type Options struct {
	RequireVerification bool
	ApproveChanges      bool
	ConfirmDeletions    bool
	Providers           func(now func() time.Time) map[string]social.Provider // may be nil: none
	LimitMembers        bool
	ConfirmChange       bool
	NoTexts             bool
}

// World is the module's services over one database.
type World struct {
	Pool       *pgxpool.Pool
	Clock      *Clock
	Identity   *Identity
	Root       secret.Root
	Hasher     *password.Hasher
	Store      *postgres.Account
	Accounts   *account.Service
	Admin      *admin.Service
	Families   *refresh.Service
	Grants     *grant.Service
	Links      *postgres.Linked
	Linked     *linked.Service
	OneTime    *onetime.Service
	Flows      *postgres.Social
	Social     *social.Service
	CodeStore  *postgres.Code
	Codes      *code.Service
	MailCodes  *mailcode.Service
	LinkStore  *postgres.MagicLink
	MagicLinks *magiclink.Service
	Phones     *phone.Service
	Factors    *twofactor.Service
	options    Options
}

// Spec is the module's schema, for pgtest.
func Spec() pgtest.Spec {
	return pgtest.Spec{Name: authapi.Service, Files: migrations.Files(), After: post.Migrate}
}

// Root returns the secret of tests.
func Root() secret.Root { return secret.NewRoot("a root secret of tests, long enough to count") }

// OtherRoot returns the secret of another installation.
func OtherRoot() secret.Root { return secret.NewRoot("another root secret, long enough to count too") }

// New returns a World with a database of its own.
func New(t testing.TB, o Options) *World {
	t.Helper()
	clock := NewClock()
	w := &World{Pool: pgtest.Schema(t, Spec()), Clock: clock, Identity: NewIdentity(t, clock), Root: Root(), Hasher: password.NewHasher(), options: o}
	w.wire(t)
	return w
}

// Replica returns another instance of the services over the same database, as a second
// process or a restart of this one is.
func (w *World) Replica(t testing.TB) *World {
	t.Helper()
	replica := *w
	replica.wire(t)
	return &replica
}

func (w *World) wire(t testing.TB) {
	t.Helper()
	mails, err := post.New(w.Pool, w.Root, mail.NewMailbox(w.Clock.Now), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	origin, err := url.Parse(Base)
	if err != nil {
		t.Fatal(err)
	}
	notices, err := notice.New(origin, nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := signingkey.NewRing(postgres.NewSigningKey(w.Pool), w.Root, w.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	w.Store = postgres.NewAccount(w.Pool, mails)
	if w.Links, err = postgres.NewLinked(w.Pool, mails, w.Root); err != nil {
		t.Fatal(err)
	}
	w.Linked = linked.New(w.Links)
	w.Accounts = account.New(account.Config{
		Store: w.Store, Call: w.Identity.Caller(), Passwords: w.Hasher, Mint: token.NewMail(w.Root, w.Clock.Now),
		Notices: notices, Guesses: throttle.NewGuesses(w.Root, w.Clock.Now), Now: w.Clock.Now, RequireVerification: w.options.RequireVerification,
		ApproveChanges: w.options.ApproveChanges, ConfirmDeletions: w.options.ConfirmDeletions,
		LimitMembers: w.options.LimitMembers,
	})
	w.CodeStore = postgres.NewCode(w.Pool, mails)
	w.Codes = code.New(w.CodeStore, w.Accounts, w.Root)
	w.MailCodes = mailcode.New(mailcode.Config{Codes: w.Codes, Accounts: w.Accounts, Notices: notices, ConfirmChange: w.options.ConfirmChange})
	if w.LinkStore, err = postgres.NewMagicLink(w.Pool, mails, w.Root); err != nil {
		t.Fatal(err)
	}
	w.MagicLinks = magiclink.New(w.LinkStore, w.Accounts, notices)
	w.Phones = phone.New(w.Codes, w.Accounts, !w.options.NoTexts)
	w.wireSocial(t, mails)
	if w.Factors, err = twofactor.New(postgres.NewTwoFactor(w.Store), w.Accounts, notices, w.Root); err != nil {
		t.Fatal(err)
	}
	w.Admin = admin.New(w.Accounts, w.Factors)
	w.Families = refresh.New(postgres.NewRefresh(w.Pool, mails), w.Root, w.Clock.Now)
	if w.OneTime, err = onetime.New(postgres.NewOneTime(w.Pool, mails), w.Accounts, w.Root); err != nil {
		t.Fatal(err)
	}
	w.Grants = grant.New(w.Accounts, w.Families, token.NewMint(ring, Base, w.Clock.Now), w.Clock.Now)
}

func (w *World) wireSocial(t testing.TB, outbox postgres.Outbox) {
	t.Helper()
	var err error
	if w.Flows, err = postgres.NewSocial(w.Pool, outbox, w.Root); err != nil {
		t.Fatal(err)
	}
	providers := map[string]social.Provider{}
	if w.options.Providers != nil {
		providers = w.options.Providers(w.Clock.Now)
	}
	w.Social = social.New(social.Config{
		Store: w.Flows, Accounts: w.Accounts, Call: w.Identity.Caller(), Providers: providers,
		Callback: Base + "/api/auth/callback/", Now: w.Clock.Now,
	})
}
