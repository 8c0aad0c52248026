package authtest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// Identity is the part of identity's contract that authsvc calls, kept in memory. It is
// safe for concurrent use.
type Identity struct {
	clock  *Clock
	caller rpc.Caller

	mu    sync.Mutex
	users map[string]*entry   // by id
	roles map[string][]string // permissions by name
	cuts  map[string]Cut      // by name of the method
}

type entry struct {
	identityapi.User
	active bool
}

// seen returns a copy of the user: a ban that has ended is gone.
func (e *entry) seen(now time.Time) identityapi.User {
	u := e.User
	u.Roles = slices.Clone(u.Roles)
	if u.Banned && u.BanExpires != nil && !now.Before(*u.BanExpires) {
		u.Banned, u.BanReason, u.BanExpires = false, nil, nil
	}
	return u
}

// Cut says where a call to identity breaks off.
type Cut int

// The places where a call can break off.
const (
	Whole        Cut = iota // nowhere
	BeforeCall              // it never runs
	BeforeAnswer            // it runs, and its answer is lost
)

// ErrCut is what a caller sees of a call that broke off.
var ErrCut = fault.New(fault.Unavailable, "rpc.unreached", "The service is not reachable right now.")

// NewIdentity returns an Identity without users.
func NewIdentity(t testing.TB, clock *Clock) *Identity {
	t.Helper()
	i := &Identity{
		clock: clock, users: map[string]*entry{}, cuts: map[string]Cut{},
		roles: map[string][]string{identityapi.RoleUser: nil, identityapi.RoleAdmin: {"*"}},
	}
	server, err := rpc.NewServer(zerolog.Nop(), append(i.changes(),
		identityapi.ReserveUser.Handle(func(_ context.Context, in identityapi.ReserveUserIn) (identityapi.UserOut, error) {
			return i.run("reserve_user", func() (identityapi.User, error) { return i.reserve(in) })
		}),
		identityapi.ActivateUser.Handle(func(_ context.Context, in identityapi.ActivateUserIn) (identityapi.UserOut, error) {
			return i.run("activate_user", func() (identityapi.User, error) { return i.activate(in) })
		}),
		identityapi.FindUser.Handle(func(_ context.Context, in identityapi.FindUserIn) (identityapi.UserOut, error) {
			return i.run("find_user", func() (identityapi.User, error) { return i.find(in) })
		}),
		identityapi.VerifyEmail.Handle(func(_ context.Context, in identityapi.VerifyEmailIn) (identityapi.UserOut, error) {
			return i.run("verify_email", func() (identityapi.User, error) { return i.verify(in) })
		}),
	)...)
	if err != nil {
		t.Fatal(err)
	}
	i.caller = rpc.NewCodec(server, true) // twice: what the contract calls idempotent must be
	return i
}

// Caller reaches the fake as the module reaches identity.
func (i *Identity) Caller() rpc.Caller { return i.caller }

// CutOff makes every call of a method break off, until CutOff(method, Whole).
func (i *Identity) CutOff(method string, where Cut) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.cuts[method] = where
}

// Change changes an active user, as an administrator would.
func (i *Identity) Change(id string, change func(*identityapi.User)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if e := i.users[id]; e != nil {
		change(&e.User)
	}
}

// Delete removes a user.
func (i *Identity) Delete(id string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.users, id)
}

// Active returns the ids of the active users with an address.
func (i *Identity) Active(email string) []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var ids []string
	for id, e := range i.users {
		if e.active && e.Email == email {
			ids = append(ids, id)
		}
	}
	return ids
}

func (i *Identity) run(method string, call func() (identityapi.User, error)) (identityapi.UserOut, error) {
	user, err := answered(i, method, call)
	return identityapi.UserOut{User: user}, err
}

// answered runs a call of a method, unless it breaks off.
func answered[T any](i *Identity, method string, call func() (T, error)) (T, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var none T
	if i.cuts[method] == BeforeCall {
		return none, ErrCut
	}
	answer, err := call()
	if i.cuts[method] == BeforeAnswer {
		return none, ErrCut
	}
	return answer, err
}

func (i *Identity) reserve(in identityapi.ReserveUserIn) (identityapi.User, error) {
	if err := i.free(in.ID, in.Username, in.PhoneNumber); err != nil {
		return identityapi.User{}, err
	}
	for id, e := range i.users {
		switch {
		case e.Email != in.Email:
		case id == in.ID:
			return e.seen(i.clock.Now()), nil
		case e.active:
			return identityapi.User{}, identityapi.ErrEmailTaken
		default:
			delete(i.users, id) // abandoned: the newer sign-up replaces it
		}
	}
	now := i.clock.Now()
	user := identityapi.User{
		ID: in.ID, Email: in.Email, Name: in.Name, Image: in.Image, Roles: []string{identityapi.RoleUser}, CreatedAt: now, UpdatedAt: now,
		Username: lower(in.Username), DisplayName: in.DisplayName, PhoneNumber: in.PhoneNumber, Anonymous: in.Anonymous, Locale: in.Locale,
	}
	i.users[in.ID] = &entry{User: user}
	return user, nil
}

func (i *Identity) activate(in identityapi.ActivateUserIn) (identityapi.User, error) {
	e := i.users[in.ID]
	if e == nil {
		return identityapi.User{}, identityapi.ErrUserUnknown
	}
	if err := i.free(in.ID, e.Username, e.PhoneNumber); err != nil {
		return identityapi.User{}, err
	}
	if !e.active {
		e.active, e.EmailVerified = true, in.EmailVerified
		e.PhoneNumberVerified = in.PhoneNumberVerified && e.PhoneNumber != nil
	}
	return e.seen(i.clock.Now()), nil
}

func (i *Identity) find(in identityapi.FindUserIn) (identityapi.User, error) {
	for id, e := range i.users {
		var is bool
		switch {
		case in.ID != "":
			is = id == in.ID
		case in.Email != "":
			is = e.Email == in.Email
		case in.Username != "":
			is = e.Username != nil && *e.Username == strings.ToLower(in.Username)
		default:
			is = in.PhoneNumber != "" && e.PhoneNumber != nil && *e.PhoneNumber == in.PhoneNumber
		}
		if is && e.active {
			return e.seen(i.clock.Now()), nil
		}
	}
	return identityapi.User{}, identityapi.ErrUserUnknown
}

func (i *Identity) verify(in identityapi.VerifyEmailIn) (identityapi.User, error) {
	e := i.users[in.ID]
	if e == nil || !e.active || e.Email != in.Email {
		return identityapi.User{}, identityapi.ErrUserUnknown
	}
	e.EmailVerified = true
	return e.seen(i.clock.Now()), nil
}
