package account_test

import (
	"context"
	"net/url"
	"path"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	ada      = "ada@example.com"
	newWords = "another horse, another battery"
)

// from is where the requests of these tests come from.
var from = account.Origin{IP: "192.0.2.7", UserAgent: "a test", Remember: true}

// secretOf returns the secret that the one link of a mail carries: the query parameter of
// that name, or without one the last segment of the path.
func secretOf(t *testing.T, m mail.Message, parameter string) string {
	t.Helper()
	if len(m.Links) != 1 {
		t.Fatalf("the mail %q has %d links, want 1", m.Subject, len(m.Links))
	}
	link, err := url.Parse(m.Links[0])
	if err != nil {
		t.Fatal(err)
	}
	if parameter != "" {
		return link.Query().Get(parameter)
	}
	return path.Base(link.Path)
}

// interrupted is a store whose next transaction is preceded by something else.
type interrupted struct {
	account.Store
	before func()
}

func (s *interrupted) InTx(ctx context.Context, write func(account.Tx) error) error {
	if before := s.before; before != nil {
		s.before = nil
		before()
	}
	return s.Store.InTx(ctx, write)
}

// overtaken is a caller of identity whose next call of a method is preceded by something else.
type overtaken struct {
	rpc.Caller
	method string
	before func()
}

func (c *overtaken) Invoke(ctx context.Context, desc rpc.Desc, in, out any) error {
	if before := c.before; before != nil && desc.Name == c.method {
		c.before = nil
		before()
	}
	return c.Caller.Invoke(ctx, desc, in, out)
}

// meanwhile returns the World's service, before whose next transaction do happens.
func meanwhile(w *authtest.World, do func()) *account.Service {
	config := w.Accounts.Config
	config.Store = &interrupted{Store: w.Store, before: do}
	return account.New(config)
}
