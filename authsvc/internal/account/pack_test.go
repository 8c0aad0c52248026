package account

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
)

// fill gives every field a value of its own.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.UnixMicro(1_800_000_000_123_456 + int64(*n)).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n)
		fill(t, v.Index(1), n)
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), n)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint64, reflect.Uint8:
		v.SetUint(uint64(*n % 256)) //nolint:gosec // not negative
	default:
		t.Fatalf("a field of type %s: say here how to fill it", v.Type())
	}
}

func TestPack_LosesNothing(t *testing.T) {
	t.Parallel()
	back := func(s SignedIn) SignedIn {
		const at, roughly = 90*time.Second + time.Millisecond, 90 * time.Second
		got, since := unpackSession(string(packSession(s, at)), s.Session.TokenHash)
		user, of := unpackUser(string(packUser(s.User, made{s.Copy.User, at})), s.Session.UserID)
		if since != roughly || of.since != roughly {
			t.Errorf("made at %s and %s", since, of.since)
		}
		user.TwoFactorEnabled = got.User.TwoFactorEnabled
		got.User, got.Copy.User, got.Stamp.Identity = user, of.number, user.Epoch
		return *got
	}
	var filled SignedIn
	n := 0
	fill(t, reflect.ValueOf(&filled.Session).Elem(), &n)
	fill(t, reflect.ValueOf(&filled.User).Elem(), &n)
	filled.Stamp = Stamp{Own: 200, Identity: filled.User.Epoch}
	filled.Copy = Copy{300, 400}
	filled.Session.UserID = filled.User.ID
	filled.Session.Impersonation = session.Impersonation{} // such a session is not kept
	if diff := cmp.Diff(filled, back(filled)); diff != "" {
		t.Errorf("all fields: %s", diff)
	}
	empty := SignedIn{}
	empty.Session.AMR = []string{} // is not nil
	empty.Session.ID = uuid.NewString()
	if diff := cmp.Diff(empty, back(empty)); diff != "" {
		t.Errorf("empty fields: %s", diff)
	}
	for i := range reflect.TypeFor[identityapi.User]().NumField() { // each flag is in its own place
		one := SignedIn{}
		field := reflect.ValueOf(&one.User.User).Elem().Field(i)
		fill(t, field, &n)
		one.Session.UserID = one.User.ID
		if diff := cmp.Diff(one, back(one)); diff != "" {
			t.Errorf("%s alone: %s", reflect.TypeFor[identityapi.User]().Field(i).Name, diff)
		}
	}
}

// testCopies never hears of a change and lives for ever.
func testCopies() *Copies {
	follower := epoch.NewFollower(epoch.FollowerConfig{Source: "test"})
	return NewCopies(follower, func() int64 { return 0 }, NewUserCopies(follower, true))
}

// aSession is the nth, as a browser's is.
func aSession(n int, user string) (session.Hash, SignedIn) {
	hash := session.Hash(sha256.Sum256([]byte(fmt.Sprint(n))))
	now := time.Now().UTC().Truncate(time.Millisecond)
	s := session.Open(uuid.NewString(), hash, user, true, now)
	s.IP, s.AMR = "192.0.2.1", []string{"pwd"}
	s.UserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	return hash, SignedIn{Session: s, User: User{User: identityapi.User{
		ID: user, Email: user[:8] + "@example.com", Name: "Ada Lovelace", EmailVerified: true, Roles: []string{"user"}, CreatedAt: now, UpdatedAt: now,
	}}}
}

func TestCopies_TakeLittleMemory(t *testing.T) {
	const n = 50_000
	for _, c := range []struct {
		users string
		limit uint64
		user  func() string
	}{
		{"one user", 230, func() string { return "0198c2f4-0000-7000-8000-000000000000" }},
		{"a user each", 360, uuid.NewString},
	} {
		copies := testCopies()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range n {
			hash, s := aSession(i, c.user())
			copies.keep(hash, s)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		each := (after.HeapAlloc - before.HeapAlloc) / n
		t.Logf("%s: %d bytes", c.users, each)
		if each > c.limit {
			t.Errorf("with %s a copy takes %d bytes, more than %d", c.users, each, c.limit)
		}
		if held := copies.held.Len(); held < n*99/100 {
			t.Errorf("only %d of %d are held", held, n)
		}
		runtime.KeepAlive(copies)
	}
}

func BenchmarkCopies_Find(b *testing.B) {
	copies := testCopies()
	hash, s := aSession(1, uuid.NewString())
	copies.keep(hash, s)
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		copies.find(hash, now)
	}
}
