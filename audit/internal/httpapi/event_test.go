package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/audit/internal/audittest"
	"github.com/gatehouse-auth/gatehouse/shared/events"
)

type list struct {
	Events []event
	Next   string
}

type event struct {
	Index     int64
	ID        string
	Time      string
	Module    string
	Action    string
	Outcome   string
	Actor     string
	Subject   string
	RequestID string `json:"request_id"`
	Facts     json.RawMessage
	Personal  json.RawMessage
}

const events200 = "/api/v1/audit/events?limit=200"

func indexes(l list) []int64 {
	all := []int64{}
	for _, e := range l.Events {
		all = append(all, e.Index)
	}
	return all
}

func TestAPI_ListShowsAnEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ev := audittest.Event(t, 1, audittest.Personal("reader-1", `{"email":"ada@example.com"}`))
	w.Take(t, "library", ev)
	got := read[list](t, w.ask(t, "events", events200))
	want := list{Events: []event{{
		ID: ev.ID, Time: "2026-01-02T03:04:05.000006Z", Module: "library", Action: ev.Type, Outcome: "success", Actor: "clerk-1", Subject: "reader-1",
		RequestID: "request-1", Facts: json.RawMessage(`{"n":1}`), Personal: json.RawMessage(`{"email":"ada@example.com"}`),
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAPI_ListFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range int64(12) {
		w.Take(t, "library", audittest.Event(t, i+1, func(ev *events.Event) {
			ev.Actor = fmt.Sprintf("clerk-%d", i%2)
			ev.Key = fmt.Sprintf("reader-%d", i%3)
			ev.Type = fmt.Sprintf("library.thing_%d.v1", i%4)
			ev.At = time.Date(2026, 1, 1, int(i), 0, 0, 0, time.UTC)
		}))
	}
	for query, want := range map[string][]int64{
		"":                               {11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
		"actor=clerk-1":                  {11, 9, 7, 5, 3, 1},
		"subject=reader-2":               {11, 8, 5, 2},
		"action=library.thing_3.v1":      {11, 7, 3},
		"actor=clerk-1&subject=reader-2": {11, 5},
		"actor=nobody":                   {},
		"actor=clerk-%25":                {},
		"actor=' or true --":             {},
		"from=2026-01-01T09:00:00Z":      {11, 10, 9},
		"to=2026-01-01T02:00:00Z":        {1, 0},
		"from=2026-01-01T03:00:00%2B01:00&to=2026-01-01T04:00:00Z": {3, 2},
		"from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z":        {},
		"limit=2":                    {11, 10},
		"limit=2&cursor=10":          {9, 8},
		"cursor=1":                   {0},
		"actor=":                     {11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
		"cursor=9223372036854775807": {11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
	} {
		target := "/api/v1/audit/events?" + strings.ReplaceAll(query, " ", "%20")
		t.Run(query, func(t *testing.T) {
			if diff := cmp.Diff(want, indexes(read[list](t, w.ask(t, "events", target)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAPI_ListPagesWithoutGapsOrDoubles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const size = 23
	w.Fill(t, "library", 1, size)
	for _, limit := range []int{1, 2, 5, 22, 23, 24, 200} {
		var got []int64
		for cursor, page := "", 0; ; page++ {
			query := url.Values{"limit": {fmt.Sprint(limit)}}
			if cursor != "" {
				query.Set("cursor", cursor)
			}
			answer := read[list](t, w.ask(t, "events", "/api/v1/audit/events?"+query.Encode()))
			got = append(got, indexes(answer)...)
			if page == 0 && limit == 5 {
				w.Fill(t, "archive", 1, 3) // newer events do not disturb the pages
			}
			if cursor = answer.Next; cursor == "" || page > size {
				break
			}
		}
		if len(got) > size {
			got = got[len(got)-size:] // later rounds see the newer events first
		}
		for i, index := range got {
			if index != int64(size-1-i) {
				t.Fatalf("limit %d: got %v", limit, got)
			}
		}
		if len(got) != size {
			t.Errorf("limit %d: %d events", limit, len(got))
		}
	}
}

// Covers ASVS V1.4.2, V2.2.1, V2.2.3.
func TestAPI_RefusesBadParameters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Fill(t, "library", 1, 3)
	long := strings.Repeat("x", 201)
	for route, queries := range map[string][]string{
		"events": {
			"limit=0", "limit=201", "limit=-1", "limit=x", "limit=", "limit=1.5", "cursor=0", "cursor=-1", "cursor=x", "cursor=", "cursor=9223372036854775808",
			"from=yesterday", "from=2026-01-01", "to=1767225600", "actor=a&actor=b", "who=me", "Actor=me", "actor=" + long, "actor=%00", "subject=%ff", "action=a%00b",
			"actor=%zz", "actor=a;subject=b",
		},
		"consistency": {"", "from=", "from=0", "from=-1", "from=4", "from=x", "from=1&from=2", "from=1&to=3", "from=%zz"},
		"export":      {"cursor=1", "cursor=x", "cursor=1.", "cursor=.1", "cursor=0.3", "cursor=-1.3", "cursor=3.2", "cursor=1.4", "cursor=1.3.3", "cursor=%zz", "cursor=1.3&cursor=1.3", "size=3"},
	} {
		for _, query := range queries {
			out := w.ask(t, route, "/api/v1/audit/"+route+"?"+query)
			t.Run(route+" "+query[:min(len(query), 30)], func(t *testing.T) { refused(t, out, http.StatusBadRequest, "audit.request") })
		}
	}
}
