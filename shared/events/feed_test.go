package events_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

func TestFeed_Page(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	p.addNumbered(t, "k", 250)
	for name, c := range map[string]struct {
		in   events.FeedIn
		from int64
		size int
	}{
		"a full page by default": {events.FeedIn{After: 0}, 1, 200},
		"at most a full page":    {events.FeedIn{After: 0, Max: 100_000}, 1, 200},
		"as many as asked for":   {events.FeedIn{After: 10, Max: 7}, 11, 7},
		"what is left":           {events.FeedIn{After: 240}, 241, 10},
		"nothing at the head":    {events.FeedIn{After: 250}, 0, 0},
	} {
		c.in.Consumer = "test"
		out, err := p.feed.Read(t.Context(), c.in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(out.Events) != c.size || out.Head != 250 || out.Floor != 0 {
			t.Errorf("%s: %d events, head %d, floor %d, want %d, 250, 0", name, len(out.Events), out.Head, out.Floor, c.size)
		}
		if c.size > 0 && out.Events[0].Pos != c.from {
			t.Errorf("%s: begins at %d, want %d", name, out.Events[0].Pos, c.from)
		}
	}
}

// A page has to fit a message of 1 MiB, whatever its events hold.
func TestFeed_PageBytes(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	const count = 40
	var list []events.Event
	for i := range count {
		ev := thing("k", i)
		ev.Body = json.RawMessage(`"` + strings.Repeat("<", 64<<10-8) + `"`) // JSON for Go escapes <, six bytes for one
		list = append(list, ev)
	}
	p.add(t, list...)
	p.number(t)
	after := int64(0)
	for after < count {
		out := p.read(t, after)
		encoded, err := json.Marshal(out)
		if err != nil {
			t.Fatalf("Marshal: %v", err)
		}
		if len(encoded) > 512<<10+100 || len(out.Events) == 0 {
			t.Fatalf("page after %d has %d events in %d bytes, want at least one in 512 KiB", after, len(out.Events), len(encoded))
		}
		after += int64(len(out.Events))
	}
}

func TestFeed_Refuse(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	p.addNumbered(t, "k", 5)
	purge(t, p, 5, 1)
	for name, c := range map[string]struct {
		in   events.FeedIn
		want *fault.Error
	}{
		"a position below the floor":    {events.FeedIn{Consumer: "c", After: 4}, events.ErrTooLate},
		"a position beyond the head":    {events.FeedIn{Consumer: "c", After: 6}, events.ErrAhead},
		"a negative position":           {events.FeedIn{Consumer: "c", After: -1}, events.ErrInvalidRead},
		"a negative maximum":            {events.FeedIn{Consumer: "c", After: 5, Max: -1}, events.ErrInvalidRead},
		"a reader without a name":       {events.FeedIn{After: 5}, events.ErrInvalidRead},
		"a reader with an odd name":     {events.FeedIn{Consumer: "c; drop", After: 5}, events.ErrInvalidRead},
		"a reader with an endless name": {events.FeedIn{Consumer: strings.Repeat("c", 64), After: 5}, events.ErrInvalidRead},
	} {
		if _, err := p.feed.Read(t.Context(), c.in); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want.Code)
		}
	}
	var readers int
	if err := p.db.QueryRow(t.Context(), "select count(*) from outbox_reader").Scan(&readers); err != nil || readers != 0 {
		t.Errorf("refused reads left %d readers (%v), want none", readers, err)
	}
}

// What the feed serves must survive every shape of a call, twice where it is repeated.
func TestFeed_OverTheCodec(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	first := thing("k", 1)
	first.Personal = json.RawMessage(`{"name":"Zoë"}`)
	p.add(t, first, thing("k", 2))
	p.number(t)
	server, err := rpc.NewServer(zerolog.Nop(), feedMethod().Handle(p.feed.Read))
	if err != nil {
		t.Fatalf("NewServer: %v", err)
	}
	in := events.FeedIn{Consumer: "test", After: 0}
	remote, err := feedMethod().Call(t.Context(), rpc.NewCodec(server, true), in)
	if err != nil {
		t.Fatalf("Call: %v", err)
	}
	if diff := cmp.Diff(p.read(t, 0), remote); diff != "" {
		t.Errorf("over the codec (-local +remote):\n%s", diff)
	}
	in.After = 3
	if _, err := feedMethod().Call(t.Context(), rpc.NewCodec(server, true), in); !errors.Is(err, events.ErrAhead) {
		t.Errorf("Call beyond the head: %v, want ErrAhead", err)
	}
}
