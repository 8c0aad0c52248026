package user_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/identitytest"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

const actor = "test"

func find(t *testing.T, w *identitytest.World, id user.ID) user.User {
	t.Helper()
	found, err := w.Users.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestService_SignUpWithProfile(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	id := identitytest.NewID(t)
	given := user.Profile{
		Name: "Ada", Username: new("Ada_L"), DisplayUsername: new("Ada L"), PhoneNumber: new("+41440000000"), Anonymous: true, Locale: "de-CH",
	}
	reserved, err := w.Users.Reserve(t.Context(), user.Reservation{ID: id, Email: ada, Profile: given})
	if err != nil {
		t.Fatal(err)
	}
	active, err := w.Users.Activate(t.Context(), user.Activation{ID: id, PhoneVerified: true})
	if err != nil {
		t.Fatal(err)
	}
	given.Username = new("ada_l")
	if diff := cmp.Diff(given, active.Profile); diff != "" || !active.PhoneNumberVerified || !cmp.Equal(reserved.Profile, active.Profile) {
		t.Errorf("active %+v: %s", active, diff)
	}
	for name, find := range map[string]func() (user.User, error){
		"by username in any case": func() (user.User, error) { return w.Users.FindByUsername(t.Context(), "ADA_l") },
		"by phone number":         func() (user.User, error) { return w.Users.FindByPhone(t.Context(), "+41440000000") },
	} {
		if found, err := find(); err != nil || found.ID != id {
			t.Errorf("%s: %v, %v", name, found.ID, err)
		}
	}
	for name, find := range map[string]func() (user.User, error){
		"the display username": func() (user.User, error) { return w.Users.FindByUsername(t.Context(), "Ada L") },
		"NUL for a username":   func() (user.User, error) { return w.Users.FindByUsername(t.Context(), "\x00") },
		"another number":       func() (user.User, error) { return w.Users.FindByPhone(t.Context(), "+41440000001") },
		"NUL for a number":     func() (user.User, error) { return w.Users.FindByPhone(t.Context(), "\x00") },
	} {
		if _, err := find(); !errors.Is(err, identityapi.ErrUserUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := user.Reservation{ID: identitytest.NewID(t), Email: "eve@example.com", Profile: user.Profile{Username: new("ADA_L")}}
	if _, err := w.Users.Reserve(t.Context(), other); !errors.Is(err, identityapi.ErrUsernameTaken) {
		t.Errorf("the same username: %v", err)
	}
	other.Profile = user.Profile{PhoneNumber: given.PhoneNumber}
	if _, err := w.Users.Reserve(t.Context(), other); !errors.Is(err, identityapi.ErrPhoneTaken) {
		t.Errorf("the same number: %v", err)
	}
}

// Of two sign-ups that want one username, the second to be activated is refused.
func TestService_SignUpsForOneUsername(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	var ids []user.ID
	for i := range 2 {
		ids = append(ids, identitytest.NewID(t))
		r := user.Reservation{ID: ids[i], Email: fmt.Sprintf("ada%d@example.com", i), Profile: user.Profile{Username: new("ada")}}
		if _, err := w.Users.Reserve(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Users.Activate(t.Context(), user.Activation{ID: ids[0]}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Users.Activate(t.Context(), user.Activation{ID: ids[1]}); !errors.Is(err, identityapi.ErrUsernameTaken) {
		t.Errorf("the second: %v", err)
	}
}

func TestService_Update(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	before := w.SignUp(t, ada)
	w.Clock.Advance(time.Minute)
	patch := user.Patch{
		Name: new("Ada Lovelace"), Image: new("https://example.com/a.png"), Username: new("ADA"), DisplayUsername: new("Ada"),
		PhoneNumber: new("+1555"), PhoneNumberVerified: new(true), Locale: new("de"), Anonymous: new(true), EmailVerified: new(true),
	}
	want := before
	want.Profile = user.Profile{
		Name: "Ada Lovelace", Image: patch.Image, Username: new("ada"), DisplayUsername: new("Ada"),
		PhoneNumber: new("+1555"), Anonymous: true, Locale: "de",
	}
	want.PhoneNumberVerified, want.EmailVerified, want.UpdatedAt = true, true, before.UpdatedAt.Add(time.Minute)
	for range 2 {
		got, err := w.Users.Update(t.Context(), before.ID, patch, actor)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("Update: %v %s", err, diff)
		}
		w.Clock.Advance(time.Minute)
	}
	if diff := cmp.Diff(want, find(t, w, before.ID)); diff != "" {
		t.Errorf("stored: %s", diff)
	}
	recorded := w.Events(t, string(before.ID))
	if len(recorded) != 2 || recorded[1].Type != identityapi.EventUserUpdated || recorded[1].Actor != actor {
		t.Fatalf("events %+v; want one of the change", recorded)
	}
	if body := string(recorded[1].Body); !strings.Contains(body, `"phone_number"`) || strings.Contains(body, "1555") ||
		!strings.Contains(string(recorded[1].Personal), "+1555") {
		t.Errorf("personal data is not kept apart: body %s, personal %s", body, recorded[1].Personal)
	}
	t.Run("takes the proof from a number that changes", func(t *testing.T) {
		t.Parallel()
		got, err := w.Users.Update(t.Context(), before.ID, user.Patch{PhoneNumber: new("+1556")}, actor)
		if err != nil || got.PhoneNumberVerified {
			t.Errorf("verified %t, %v", got.PhoneNumberVerified, err)
		}
	})
}

func TestService_UpdateTakesAway(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	id := w.SignUp(t, ada).ID
	large := strings.Repeat("x", 64<<10)
	if _, err := w.Users.Update(t.Context(), id, user.Patch{Image: &large, Username: new("ada"), PhoneNumber: new("1")}, actor); err != nil {
		t.Fatal(err) // the log cannot keep such an image, and need not
	}
	got, err := w.Users.Update(t.Context(), id, user.Patch{ClearImage: true, Image: &large, Username: new(""), PhoneNumber: new(""), PhoneNumberVerified: new(true)}, actor)
	if err != nil || got.Image != nil || got.Username != nil || got.PhoneNumber != nil || got.PhoneNumberVerified {
		t.Errorf("Update = %+v, %v", got, err)
	}
}

func TestService_UpdateRefuses(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	id := w.SignUp(t, ada).ID
	other := w.SignUp(t, "eve@example.com").ID
	if _, err := w.Users.Update(t.Context(), other, user.Patch{Username: new("eve"), PhoneNumber: new("+1")}, actor); err != nil {
		t.Fatal(err)
	}
	before := find(t, w, id)
	for name, c := range map[string]struct {
		id    user.ID
		patch user.Patch
		actor string
		want  error
	}{
		"a username of somebody else":     {id, user.Patch{Username: new("Eve"), Name: new("changed")}, actor, identityapi.ErrUsernameTaken},
		"a phone number of somebody else": {id, user.Patch{PhoneNumber: new("+1"), Name: new("changed")}, actor, identityapi.ErrPhoneTaken},
		"NUL in a name":                   {id, user.Patch{Name: new("\x00")}, actor, identityapi.ErrProfileInvalid},
		"what is no locale":               {id, user.Patch{Locale: new("../de")}, actor, identityapi.ErrProfileInvalid},
		"a user who is not there":         {identitytest.NewID(t), user.Patch{Name: new("changed")}, actor, identityapi.ErrUserUnknown},
		"a locale of nine parts":          {id, user.Patch{Locale: new("a-b-c-d-e-f-g-h-i")}, actor, identityapi.ErrProfileInvalid},
		"a change by too long a name":     {id, user.Patch{Name: new("changed")}, strings.Repeat("a", 201), identityapi.ErrActorInvalid},
		"a change by nobody":              {id, user.Patch{Name: new("changed")}, "", identityapi.ErrActorInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := w.Users.Update(t.Context(), c.id, c.patch, c.actor); !errors.Is(err, c.want) {
				t.Errorf("Update: %v; want %v", err, c.want)
			}
			if diff := cmp.Diff(before, find(t, w, id)); diff != "" {
				t.Errorf("the user changed: %s", diff)
			}
		})
	}
}

func TestService_ChangeEmail(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{AdminEmails: []string{"boss@example.com"}})
	id := w.SignUp(t, ada).ID
	w.SignUp(t, "eve@example.com")
	change := func(from, to string, verified bool, actor string) (user.User, error) {
		return w.Users.ChangeEmail(t.Context(), id, user.EmailChange{From: from, To: to, Verified: verified}, actor)
	}
	if _, err := change(ada, "EVE@example.com", true, actor); !errors.Is(err, identityapi.ErrEmailTaken) {
		t.Errorf("a taken address: %v", err)
	}
	if _, err := change("old@example.com", "new@example.com", true, actor); !errors.Is(err, identityapi.ErrUserUnknown) {
		t.Errorf("from an address that is not theirs: %v", err)
	}
	if _, err := change(ada, "new", true, actor); !errors.Is(err, identityapi.ErrEmailInvalid) {
		t.Errorf("to what is no address: %v", err)
	}
	if _, err := change(ada, "boss@example.com", true, actor); !errors.Is(err, identityapi.ErrPromised) {
		t.Errorf("somebody else confirms a promised address: %v", err)
	}
	for range 2 {
		if got, err := change(ada, "Boss@Example.com", false, actor); err != nil || got.Email != "boss@example.com" || got.EmailVerified {
			t.Fatalf("ChangeEmail = %+v, %v", got, err)
		}
	}
	if _, err := w.Users.Update(t.Context(), id, user.Patch{EmailVerified: new(true)}, actor); !errors.Is(err, identityapi.ErrPromised) {
		t.Errorf("somebody else confirms it afterwards: %v", err)
	}
	if slices.Contains(find(t, w, id).Roles, "admin") {
		t.Error("whom somebody else gave the address got what was promised to its owner")
	}
	if _, err := change("boss@example.com", ada, false, string(id)); err != nil {
		t.Fatal(err)
	}
	if got, err := change(ada, "boss@example.com", true, string(id)); err != nil || !slices.Contains(got.Roles, "admin") {
		t.Errorf("who has proved the address has %v, %v", got.Roles, err)
	}
	recorded := w.Events(t, string(id))
	if recorded[1].Type != identityapi.EventEmailChanged || string(recorded[1].Personal) != `{"new":"boss@example.com","old":"ada@example.com"}` {
		t.Errorf("event %s %s", recorded[1].Type, recorded[1].Personal)
	}
	if len(recorded) != 5 {
		t.Errorf("%d events", len(recorded))
	}
}

// Keycloak CVE-2025-7784 (row 50): who may make and edit users does not become
// administrator by the address of one.
func TestService_PromisedAddress(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{AdminEmails: []string{"boss@example.com"}})
	create := func(verified bool) (user.User, error) {
		id := identitytest.NewID(t)
		if _, err := w.Users.Reserve(t.Context(), user.Reservation{ID: id, Email: "boss@example.com"}); err != nil {
			t.Fatal(err)
		}
		return w.Users.Activate(t.Context(), user.Activation{ID: id, EmailVerified: verified, Actor: actor})
	}
	if _, err := create(true); !errors.Is(err, identityapi.ErrPromised) {
		t.Errorf("made with a confirmed address: %v", err)
	}
	made, err := create(false)
	if err != nil || slices.Contains(made.Roles, "admin") || w.Events(t, string(made.ID))[0].Actor != actor {
		t.Fatalf("made %+v, %v", made, err)
	}
	proved, err := w.Users.Update(t.Context(), made.ID, user.Patch{EmailVerified: new(true)}, string(made.ID))
	if err != nil || !slices.Contains(proved.Roles, "admin") {
		t.Errorf("who has proved it has %v, %v", proved.Roles, err)
	}
}

func TestService_Delete(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	admin := w.Administrator(t, "admin@example.com")
	id := w.With(t, admin, "clerk", "orders:read")
	for range 2 {
		if err := w.Users.Delete(t.Context(), id, actor); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Users.Find(t.Context(), id); !errors.Is(err, identityapi.ErrUserUnknown) {
		t.Errorf("Find: %v", err)
	}
	if allowed, err := w.Guard.Allows(t.Context(), id, "orders:read"); err != nil || allowed {
		t.Errorf("Allows = %t, %v", allowed, err)
	}
	if types := w.Types(t, string(id)); !slices.Equal(types[2:], []string{identityapi.EventUserDeleted}) {
		t.Errorf("events %v", types)
	}
	t.Run("frees the address and never the id", func(t *testing.T) {
		t.Parallel()
		again := user.Reservation{ID: id, Email: "clerk@example.com"}
		if _, err := w.Users.Reserve(t.Context(), again); !errors.Is(err, identityapi.ErrUserIDTaken) {
			t.Errorf("the same id: %v", err)
		}
		w.SignUp(t, "clerk@example.com")
	})
	t.Run("keeps the last administrator, whoever asks", func(t *testing.T) {
		t.Parallel()
		for _, by := range []string{actor, string(admin)} {
			if err := w.Users.Delete(t.Context(), admin, by); !errors.Is(err, identityapi.ErrLastAdministrator) {
				t.Errorf("Delete: %v", err)
			}
		}
		find(t, w, admin)
	})
}

func TestService_Ban(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	w.Administrator(t, "admin@example.com")
	id := w.SignUp(t, ada).ID
	ends := w.Clock.Now().Add(time.Hour)
	for range 2 {
		got, err := w.Users.Ban(t.Context(), id, "spam", &ends, actor)
		if err != nil || !got.Banned || *got.BanReason != "spam" || !got.BanExpires.Equal(ends.Truncate(time.Millisecond)) {
			t.Fatalf("Ban = %+v, %v", got.Ban, err)
		}
	}
	if got, err := w.Users.Ban(t.Context(), id, "", nil, actor); err != nil || !got.Banned || got.BanReason != nil || got.BanExpires != nil {
		t.Errorf("another ban: %+v, %v", got.Ban, err)
	}
	for range 2 {
		if got, err := w.Users.Unban(t.Context(), id, actor); err != nil || got.Banned {
			t.Errorf("Unban = %+v, %v", got.Ban, err)
		}
	}
	want := []string{identityapi.EventUserCreated, identityapi.EventUserBanned, identityapi.EventUserBanned, identityapi.EventUserUnbanned}
	if diff := cmp.Diff(want, w.Types(t, string(id))); diff != "" {
		t.Error(diff)
	}
	if _, err := w.Users.Ban(t.Context(), identitytest.NewID(t), "", nil, actor); !errors.Is(err, identityapi.ErrUserUnknown) {
		t.Errorf("who is not there: %v", err)
	}
	if _, err := w.Users.Ban(t.Context(), id, strings.Repeat("x", 1001), nil, actor); !errors.Is(err, identityapi.ErrProfileInvalid) {
		t.Errorf("a long reason: %v", err)
	}
}

// Whoever is taken out of service, and however many at once, one administrator remains.
func TestService_StaysAdministered(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	var admins []user.ID
	for i := range 9 {
		admins = append(admins, w.Administrator(t, fmt.Sprintf("admin%d@example.com", i)))
	}
	var all sync.WaitGroup
	errs := make([]error, len(admins))
	for i, id := range admins {
		all.Go(func() {
			switch i % 3 {
			case 0:
				_, errs[i] = w.Users.Ban(t.Context(), id, "", nil, actor)
			case 1:
				errs[i] = w.Users.Delete(t.Context(), id, actor)
			case 2:
				_, errs[i] = w.Roles.Replace(t.Context(), id, replacement())
			}
		})
	}
	all.Wait()
	refused := 0
	for _, err := range errs {
		if errors.Is(err, identityapi.ErrLastAdministrator) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if refused != 1 {
		t.Errorf("%d of %d were refused; want 1", refused, len(admins))
	}
}
