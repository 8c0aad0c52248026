package events_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Not parallel: it looks at the goroutines of the whole process.
func TestRun_LeavesNothingBehind(t *testing.T) { //nolint:paralleltest // see above
	p, c := newProducer(t), newConsumer(t)
	p.addNumbered(t, "k", 1) // opens what the pools keep open
	mustDrain(t, c.of(t, p))
	before := goleak.IgnoreCurrent()
	stopRelay := start(t, p.relay(t).Run)
	stopConsumer := start(t, c.of(t, p).Run)
	p.add(t, thing("k", 2))
	eventually(t, "the event takes effect", func() bool { return len(c.effects(t)) == 2 })
	stopRelay()
	stopConsumer()
	goleak.VerifyNone(t, before)
}
