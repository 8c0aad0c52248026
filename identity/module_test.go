package identity_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/identity"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func deps(t *testing.T) kit.Deps {
	t.Helper()
	db, wake := pgtest.Schema(t, pgtest.Spec{Name: "identity", Files: identity.Spec().Migrations}), &events.Local{}
	return kit.Deps{
		DB:   db,
		Log:  zerolog.Nop(),
		Now:  time.Now,
		Root: secret.NewRoot("the root of a test"),
		Wake: wake,

		Epochs: epoch.NewSource(epoch.SourceConfig{Name: "identity", DB: db, Wake: wake}),
	}
}

func TestSpec_Builds(t *testing.T) {
	t.Parallel()
	spec := identity.Spec()
	module, err := spec.Build(spec.NewConfig(), deps(t))
	if err != nil {
		t.Fatal(err)
	}
	server, err := rpc.NewServer(zerolog.Nop(), module.Handlers...)
	if err != nil {
		t.Fatal(err)
	}
	if missing, yes := server.Missing(spec.Contract); yes {
		t.Errorf("nobody serves %s", missing.Key())
	}
	if err := httpx.CheckRoutes(module.Routes); err != nil {
		t.Error(err)
	}
	if err := module.Start(t.Context()); err != nil {
		t.Error(err)
	}
	if err := module.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNew_RefusesSettings(t *testing.T) {
	t.Parallel()
	_, err := identity.New(identity.Config{AdminEmails: []string{"boss"}}, deps(t))
	if err == nil || !strings.Contains(err.Error(), "GATEHOUSE_ADMIN_EMAILS") || !strings.Contains(err.Error(), "boss") {
		t.Errorf("New: %v; want a sentence that names the setting", err)
	}
}

func TestModule_ReadyWithoutDatabase(t *testing.T) {
	t.Parallel()
	d := deps(t)
	module, err := identity.New(identity.Config{}, d)
	if err != nil {
		t.Fatal(err)
	}
	d.DB.Close()
	if err := module.Ready(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Ready: %v", err)
	}
}

// A sign-up through the contract shows in the feed, numbered by the module's relay.
func TestModule_FeedsEvents(t *testing.T) {
	t.Parallel()
	d := deps(t)
	module, err := identity.New(identity.Config{}, d)
	if err != nil {
		t.Fatal(err)
	}
	server, err := rpc.NewServer(zerolog.Nop(), module.Handlers...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ended := make(chan struct{}, len(module.Loops))
	for _, loop := range module.Loops {
		go func() {
			_ = loop.Run(ctx)
			ended <- struct{}{}
		}()
	}
	call, news := rpc.NewCodec(server, true), wakeUps(t, d.Wake)
	const id = "0198c0de-0000-7000-8000-000000000001"
	if _, err := identityapi.ReserveUser.Call(ctx, call, identityapi.ReserveUserIn{ID: id, Email: "ada@example.com"}); err != nil {
		t.Fatal(err)
	}
	if _, err := identityapi.ActivateUser.Call(ctx, call, identityapi.ActivateUserIn{ID: id}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-news:
	case <-ctx.Done():
		t.Fatal("nobody was told about the event")
	}
	page, err := identityapi.Events.Call(ctx, call, events.FeedIn{Consumer: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Events) != 1 || page.Events[0].Pos != 1 || page.Events[0].Type != identityapi.EventUserCreated || page.Events[0].Key != id {
		t.Errorf("feed %+v", page)
	}
	cancel()
	for range module.Loops {
		<-ended
	}
}

func wakeUps(t *testing.T, wake events.Wake) <-chan struct{} {
	t.Helper()
	news, stop := wake.Subscribe(identityapi.Service)
	t.Cleanup(stop)
	return news
}
