package rpc_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

type page struct {
	After string    `json:"after,omitempty"`
	At    time.Time `json:"at"`
}

type shelf struct {
	Name  string           `json:"name"`
	Next  *page            `json:"next"`
	Pages []page           `json:"pages"`
	Count map[string]int   `json:"count"`
	Below []shelf          `json:"below"`
	Raw   []byte           `json:"raw"`
	First [2]page          `json:"first"`
	ByKey map[string]*page `json:"byKey"`
}

func list() rpc.Method[page, shelf] {
	return rpc.Method[page, shelf]{Service: "catalog", Name: "list", Major: 1, Timeout: 2 * time.Second, Idempotent: true}
}

const listLock = `catalog.v1.list in.after string
catalog.v1.list in.at time.Time
catalog.v1.list out.below[] rpc_test.shelf
catalog.v1.list out.byKey{}?.after string
catalog.v1.list out.byKey{}?.at time.Time
catalog.v1.list out.count{} int
catalog.v1.list out.first[2].after string
catalog.v1.list out.first[2].at time.Time
catalog.v1.list out.name string
catalog.v1.list out.next?.after string
catalog.v1.list out.next?.at time.Time
catalog.v1.list out.pages[].after string
catalog.v1.list out.pages[].at time.Time
catalog.v1.list out.raw[] uint8
method catalog.v1.list timeout=2s idempotent=true
`

func TestLock_WritesEveryFieldDown(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(listLock, rpc.Lock([]rpc.Desc{list().Desc()})); diff != "" {
		t.Error(diff)
	}
}

func TestLock_DoesNotDependOnTheOrderOfMethods(t *testing.T) {
	t.Parallel()
	a, b := list().Desc(), find.Desc()
	if rpc.Lock([]rpc.Desc{a, b}) != rpc.Lock([]rpc.Desc{b, a}) {
		t.Error("it does")
	}
}

func TestCheckLock_TakesAdditionsOnly(t *testing.T) {
	t.Parallel()
	edit := func(old, replacement string) string {
		if !strings.Contains(listLock, old) {
			t.Fatalf("the lock has no %q", old)
		}
		return strings.Replace(listLock, old, replacement, 1)
	}
	cases := map[string]struct {
		current string
		lost    string // named by the error; empty: fine
	}{
		"the same":              {listLock, ""},
		"a field more":          {listLock + "catalog.v1.list out.shelfmark string\n", ""},
		"a method more":         {listLock + rpc.Lock([]rpc.Desc{find.Desc()}), ""},
		"a longer timeout":      {edit("timeout=2s", "timeout=9s"), ""},
		"a field removed":       {edit("catalog.v1.list out.name string\n", ""), "catalog.v1.list out.name string"},
		"a field renamed":       {edit("out.name string", "out.title string"), "catalog.v1.list out.name string"},
		"a field retyped":       {edit("out.name string", "out.name int"), "catalog.v1.list out.name string"},
		"one value made a list": {edit("out.name string", "out.name[] string"), "catalog.v1.list out.name string"},
		"a value made optional": {edit("in.at time.Time", "in.at? time.Time"), "catalog.v1.list in.at time.Time"},
		"the method removed":    {"", "catalog.v1.list in.after string"},
		"another major":         {strings.ReplaceAll(listLock, ".v1.", ".v2."), "catalog.v1.list in.after string"},
		"no longer idempotent":  {edit("idempotent=true", "idempotent=false"), "method catalog.v1.list idempotent=true"},
		"a field inside a list": {edit("catalog.v1.list out.pages[].at time.Time\n", ""), "catalog.v1.list out.pages[].at time.Time"},
		"a field inside a map":  {edit("catalog.v1.list out.byKey{}?.at time.Time\n", ""), "catalog.v1.list out.byKey{}?.at time.Time"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := rpc.CheckLock(listLock, c.current)
			if c.lost == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
			if c.lost != "" && (err == nil || !strings.Contains(err.Error(), c.lost) || !strings.Contains(err.Error(), "new major")) {
				t.Errorf("got %v, want a sentence about %q", err, c.lost)
			}
		})
	}
	if err := rpc.CheckLock("", listLock); err != nil {
		t.Errorf("a first lock: %v", err)
	}
}

func FuzzCheckLock(f *testing.F) {
	f.Add(listLock, "timeout=")
	f.Add("method a timeout=", " timeout=1s\n\n")
	f.Fuzz(func(t *testing.T, old, more string) {
		if err := rpc.CheckLock(old, old+"\n"+more); err != nil {
			t.Errorf("an addition was refused: %v", err)
		}
	})
}
