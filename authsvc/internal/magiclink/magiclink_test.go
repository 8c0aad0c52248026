package magiclink_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/code"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/magiclink"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const ada = "ada@example.com"

// from is where the requests of these tests come from.
var from = account.Origin{IP: "192.0.2.7", UserAgent: "a test", Remember: true}

// mailed asks for a link and returns its token.
func mailed(t *testing.T, w *authtest.World, email string) string {
	t.Helper()
	err := w.MagicLinks.Send(t.Context(), magiclink.Request{Link: magiclink.Link{Email: email, Name: "Ada"}, From: from})
	if err != nil {
		t.Fatal(err)
	}
	mails := w.Mails(t, email)
	link, err := url.Parse(mails[len(mails)-1].Links[0])
	if err != nil {
		t.Fatal(err)
	}
	return link.Query().Get("token")
}

func signIn(t *testing.T, w *authtest.World, secret string) (account.SignedIn, error) {
	t.Helper()
	signed, _, err := w.MagicLinks.SignIn(t.Context(), secret, from)
	return signed, err
}

func TestService_SignIn(t *testing.T) {
	t.Parallel()

	t.Run("signs a user in, once", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		was := w.SignUp(t, ada)
		w.Identity.Change(was.User.ID, func(u *identityapi.User) { u.EmailVerified = true })
		secret := mailed(t, w, ada)
		got, created, err := w.MagicLinks.SignIn(t.Context(), secret, from)
		if err != nil || created || got.User.ID != was.User.ID || got.Token == "" {
			t.Fatalf("signed in as %q, created %t, %v", got.User.ID, created, err)
		}
		if _, err := signIn(t, w, secret); !errors.Is(err, account.ErrInvalidToken) {
			t.Errorf("again: %v", err)
		}
	})

	t.Run("makes an account", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		got, created, err := w.MagicLinks.SignIn(t.Context(), mailed(t, w, ada), from)
		if err != nil || !created || !got.User.EmailVerified || got.User.Name != "Ada" {
			t.Fatalf("got %+v, created %t, %v", got.User.User, created, err)
		}
		if diff := cmp.Diff([]string{authapi.EventSignedUp, authapi.EventSignedIn}, w.Types(t, got.User.ID)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})

	t.Run("refuses a link after five minutes", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		secret := mailed(t, w, ada)
		w.Clock.Advance(magiclink.Life)
		if _, err := signIn(t, w, secret); !errors.Is(err, account.ErrInvalidToken) {
			t.Errorf("%v", err)
		}
	})

	t.Run("keeps a link through an outage", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		secret := mailed(t, w, ada)
		for _, method := range []string{"find_user", "reserve_user", "activate_user"} {
			w.Identity.CutOff(method, authtest.BeforeCall)
			if _, err := signIn(t, w, secret); fault.KindOf(err) != fault.Unavailable {
				t.Errorf("without %s: %v", method, err)
			}
			w.Identity.CutOff(method, authtest.Whole)
		}
		if _, err := signIn(t, w, secret); err != nil {
			t.Errorf("after it: %v", err)
		}
	})
}

// TestService_SignIn_TakesAnUnconfirmedAccount covers Better Auth CVE-2026-53516 (row 42).
func TestService_SignIn_TakesAnUnconfirmedAccount(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	attacker := w.SignUp(t, ada)
	got, err := signIn(t, w, mailed(t, w, ada))
	if err != nil || got.User.ID != attacker.User.ID || !got.User.EmailVerified {
		t.Fatalf("the owner: %+v, %v", got.User.User, err)
	}
	if _, err := w.Accounts.Current(t.Context(), attacker.Session.TokenHash); !errors.Is(err, account.ErrUnauthorized) {
		t.Errorf("the attacker's session: %v", err)
	}
	if _, err := w.SignIn(t, ada, authtest.Password); !errors.Is(err, account.ErrCredentials) {
		t.Errorf("the attacker's password: %v", err)
	}
}

// TestService_SignIn_InParallel covers ASVS V2.3.4.
func TestService_SignIn_InParallel(t *testing.T) {
	t.Parallel()
	for name, exists := range map[string]bool{"of a user": true, "of a newcomer": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{})
			if exists {
				w.SignUp(t, ada)
			}
			secret := mailed(t, w, ada)
			replicas := []*authtest.World{w, w.Replica(t)}
			outcomes := make([]error, 64)
			authtest.Parallel(len(outcomes), func(i int) { _, outcomes[i] = signIn(t, replicas[i%2], secret) })
			succeeded := 0
			for _, err := range outcomes {
				switch {
				case err == nil:
					succeeded++
				case !errors.Is(err, account.ErrInvalidToken) && !errors.Is(err, account.ErrUserNotFound):
					t.Errorf("refused with %v", err)
				}
			}
			if n := w.Count(t, "session"); succeeded != 1 || n != 1 || len(w.Identity.Active(ada)) != 1 {
				t.Errorf("%d of %d signed in, %d sessions, accounts %v", succeeded, len(outcomes), n, w.Identity.Active(ada))
			}
		})
	}
}

// TestService_SignIn_TakesLinksAlone covers Better Auth GHSA-965c-763c-88jm (row 45): what
// was mailed for something else is no link, and a link is good for nothing else.
func TestService_SignIn_TakesLinksAlone(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	signed := w.SignUp(t, ada)
	if err := w.Accounts.RequestReset(t.Context(), ada, "/", from); err != nil {
		t.Fatal(err)
	}
	if err := w.MailCodes.Send(t.Context(), code.SignIn, ada, from); err != nil {
		t.Fatal(err)
	}
	others := []string{signed.Token, signed.Session.TokenHash.Handle(), "", "wrong"}
	for _, m := range w.Mails(t, ada) {
		if m.Code != "" {
			others = append(others, m.Code)
			continue
		}
		link, err := url.Parse(m.Links[0])
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, link.Query().Get("token"), link.Path[strings.LastIndex(link.Path, "/")+1:])
	}
	for _, secret := range others {
		if _, err := signIn(t, w, secret); !errors.Is(err, account.ErrInvalidToken) {
			t.Errorf("%d characters: %v", len(secret), err)
		}
	}
	link := mailed(t, w, ada)
	if err := w.Accounts.ResetPassword(t.Context(), link, "another horse, another battery", from); !errors.Is(err, account.ErrInvalidToken) {
		t.Errorf("a link resets a password: %v", err)
	}
	if _, err := w.Accounts.VerifyEmail(t.Context(), link, account.SignedIn{}, from); fault.From(err).Code != account.ErrInvalidToken.Code {
		t.Errorf("a link confirms an address: %v", err)
	}
	if err := w.MailCodes.Check(t.Context(), code.SignIn, ada, link, from); !errors.Is(err, code.ErrInvalid) {
		t.Errorf("a link is a code: %v", err)
	}
}

func TestService_Send_IsBounded(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	allowed := 0
	for range 20 {
		err := w.MagicLinks.Send(t.Context(), magiclink.Request{Link: magiclink.Link{Email: ada}, From: from})
		if err == nil {
			allowed++
		} else if !errors.Is(err, throttle.ErrLimited) {
			t.Fatal(err)
		}
	}
	if n := len(w.Mails(t, ada)); n != allowed || allowed > 6 {
		t.Errorf("%d of 20 links at one moment, %d mails", allowed, n)
	}
	w.Clock.Advance(time.Hour)
	mailed(t, w, ada)
}

// TestService_StoresNoSecret: the table says neither the token nor whom it was mailed to.
func TestService_StoresNoSecret(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	secret := mailed(t, w, ada)
	var row, sealed []byte
	if err := w.Pool.QueryRow(t.Context(), "select to_json(l)::text, sealed from magic_link l").Scan(&row, &sealed); err != nil {
		t.Fatal(err)
	}
	stored := string(row) + string(sealed)
	if strings.Contains(stored, secret) || strings.Contains(stored, "ada@") || !strings.Contains(stored, "token_hash") {
		t.Errorf("stored is %q", stored)
	}
}
