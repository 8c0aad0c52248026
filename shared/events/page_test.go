package events

import (
	"encoding/json"
	"testing"
)

// What a consumer takes for a page is whole and in order, whatever the wire brought.
func FuzzFeedOut_Check(f *testing.F) {
	f.Add([]byte(`{"events":[{"pos":1},{"pos":2}],"head":2,"floor":0}`), int64(0))
	f.Add([]byte(`{"events":[{"pos":8}],"head":9}`), int64(7))
	f.Add([]byte(`{"events":[{"pos":3}],"head":3}`), int64(1))
	f.Add([]byte(`{"events":null,"head":0}`), int64(0))
	f.Add([]byte(`{"events":[{"pos":-9223372036854775808}],"head":0}`), int64(9223372036854775807))
	f.Fuzz(func(t *testing.T, encoded []byte, after int64) {
		var page FeedOut
		if json.Unmarshal(encoded, &page) != nil || after < 0 {
			return
		}
		if page.check(after) != nil {
			return
		}
		last := after
		for _, e := range page.Events {
			if e.Pos <= last || e.Pos-last != 1 {
				t.Fatalf("accepted position %d after %d", e.Pos, last)
			}
			last = e.Pos
		}
		if page.Head < last || (len(page.Events) == 0 && page.Head > after) {
			t.Fatalf("accepted a page from %d to %d of a feed that ends at %d", after, last, page.Head)
		}
	})
}
