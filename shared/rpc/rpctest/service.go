package rpctest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// Service is the name of the service that Conform calls.
const Service = "catalog"

// item holds a value of every shape that may cross.
type item struct {
	Name  string            `json:"name"`
	Count int64             `json:"count"`
	At    time.Time         `json:"at"`
	Tags  []string          `json:"tags"`
	Notes map[string]string `json:"notes"`
	Next  *item             `json:"next"`
}

type failure struct {
	Kind       fault.Kind    `json:"kind"`
	Code       string        `json:"code"`
	Message    string        `json:"message"`
	RetryAfter time.Duration `json:"retryAfter"`
}

type none struct{}

// point holds no reference, so a Caller may pass it as it is.
type point struct {
	X int `json:"x"`
	Y int `json:"y"`
}

// seen is what a handler found in its context.
type seen struct {
	Subject     string        `json:"subject"`
	HasCaller   bool          `json:"hasCaller"`
	RequestID   string        `json:"requestId"`
	Traceparent string        `json:"traceparent"`
	Smuggled    bool          `json:"smuggled"`
	Budget      time.Duration `json:"budget"`
}

type smuggledKey struct{}

// hidden is what the causes of failures say and no caller may read.
const hidden = "10.0.0.7"

// crowd is how many calls meet in one handler.
const crowd = 20

var (
	echoMethod    = rpc.Method[item, item]{Service: Service, Name: "echo", Major: 1, Timeout: 20 * time.Second}
	swapMethod    = rpc.Method[point, point]{Service: Service, Name: "swap", Major: 1, Timeout: 20 * time.Second}
	scribbles     = rpc.Method[item, item]{Service: Service, Name: "scribble", Major: 1, Timeout: 20 * time.Second}
	failMethod    = rpc.Method[failure, none]{Service: Service, Name: "fail", Major: 1, Timeout: 20 * time.Second}
	plainMethod   = rpc.Method[none, none]{Service: Service, Name: "plain", Major: 1, Timeout: 20 * time.Second}
	panicMethod   = rpc.Method[none, none]{Service: Service, Name: "panic", Major: 1, Timeout: 20 * time.Second}
	contextMethod = rpc.Method[none, seen]{Service: Service, Name: "context", Major: 1, Timeout: 20 * time.Second}
	shortMethod   = rpc.Method[none, none]{Service: Service, Name: "short", Major: 1, Timeout: 100 * time.Millisecond}
	hangMethod    = rpc.Method[none, none]{Service: Service, Name: "hang", Major: 1, Timeout: 5 * time.Second}
	meetMethod    = rpc.Method[none, none]{Service: Service, Name: "meet", Major: 1, Timeout: 20 * time.Second}
)

// server returns what Conform calls.
func server(t *testing.T) *rpc.Server {
	t.Helper()
	var kept item
	var mutex sync.Mutex
	var meeting sync.WaitGroup
	meeting.Add(crowd)
	s, err := rpc.NewServer(zerolog.New(io.Discard),
		echoMethod.Handle(func(_ context.Context, in item) (item, error) { return in, nil }),
		swapMethod.Handle(func(_ context.Context, in point) (point, error) { return point{in.Y, in.X}, nil }),
		scribbles.Handle(func(_ context.Context, in item) (item, error) {
			mutex.Lock()
			defer mutex.Unlock()
			if len(in.Tags) > 0 { // the first call: keep what is returned, write on what came in
				kept = item{Tags: []string{"kept"}, Notes: map[string]string{"k": "kept"}, Next: &item{Name: "kept"}}
				in.Tags[0], in.Notes["k"], in.Next.Name = "scribbled", "scribbled", "scribbled"
			}
			return kept, nil
		}),
		failMethod.Handle(func(_ context.Context, in failure) (none, error) {
			f := fault.New(in.Kind, in.Code, in.Message).WithRetryAfter(in.RetryAfter).With(errors.New("connect to " + hidden))
			return none{}, fmt.Errorf("wrapped: %w", f)
		}),
		plainMethod.Handle(func(context.Context, none) (none, error) { return none{}, errors.New("disk on fire at " + hidden) }),
		panicMethod.Handle(func(context.Context, none) (none, error) { panic("out of cheese at " + hidden) }),
		contextMethod.Handle(lookAround),
		shortMethod.Handle(untilDone),
		hangMethod.Handle(untilDone),
		meetMethod.Handle(func(context.Context, none) (none, error) {
			meeting.Done()
			meeting.Wait()
			return none{}, nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func untilDone(ctx context.Context, _ none) (none, error) {
	<-ctx.Done()
	return none{}, ctx.Err()
}

func lookAround(ctx context.Context, _ none) (seen, error) {
	p, ok := principal.From(ctx)
	span := trace.From(ctx)
	end, _ := ctx.Deadline()
	return seen{
		Subject: p.Subject, HasCaller: ok, RequestID: span.RequestID, Traceparent: span.Traceparent,
		Smuggled: ctx.Value(smuggledKey{}) != nil, Budget: time.Until(end),
	}, nil
}
