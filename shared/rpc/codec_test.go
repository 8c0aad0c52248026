package rpc_test

import (
	"context"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

func TestCodec_RunsIdempotentMethodsTwiceIfAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		twice, idempotent bool
		want              int
	}{
		"twice, idempotent": {true, true, 2}, "twice, not idempotent": {true, false, 1},
		"once, idempotent": {false, true, 1}, "once, not idempotent": {false, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runs := 0
			m := method("count")
			m.Idempotent = c.idempotent
			server := newServer(t, m.Handle(func(context.Context, none) (none, error) { runs++; return none{}, nil }))
			if _, err := m.Call(t.Context(), rpc.NewCodec(server, c.twice), none{}); err != nil {
				t.Fatal(err)
			}
			if runs != c.want {
				t.Errorf("it ran %d times, want %d", runs, c.want)
			}
		})
	}
}
