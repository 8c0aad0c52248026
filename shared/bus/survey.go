package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// How long a survey waits. Nobody knows how many will answer the first question; the
// second one ends as soon as those have who answered the first.
const (
	pingWindow = 300 * time.Millisecond
	infoWindow = 2 * time.Second
)

// offer is what one instance of a service says it serves.
type offer struct {
	service string
	started int64 // Unix milliseconds; the newest instance knows best
	routes  []httpx.Route
}

// survey asks who is there and what each serves. Everybody hears the first question, so
// its answers count as hints only. The second goes to one name at a time, where nobody
// but that service may listen: its answers are the service's own. Known services are
// asked even if they missed the first question.
func (c *Conn) survey(ctx context.Context, known []string) ([]offer, error) {
	instances, err := c.ping(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range known {
		if instances[name] == nil {
			instances[name] = map[string]bool{"": true} // one at least
		}
	}
	names := slices.Sorted(maps.Keys(instances))
	found := make([][]offer, len(names))
	faults := make([]error, len(names))
	var wait sync.WaitGroup
	for i, name := range names {
		wait.Go(func() { found[i], faults[i] = c.inspect(ctx, name, len(instances[name])) })
	}
	wait.Wait()
	for _, err := range faults {
		if err != nil {
			return nil, err
		}
	}
	return slices.Concat(found...), nil
}

// ping returns the ids of the instances that answered, by name.
func (c *Conn) ping(ctx context.Context) (map[string]map[string]bool, error) {
	instances := map[string]map[string]bool{}
	err := c.gather(ctx, micro.APIPrefix+".PING", pingWindow, func(answer []byte) bool {
		var ping micro.Ping
		if json.Unmarshal(answer, &ping) != nil || !modulePattern.MatchString(ping.Name) {
			return true
		}
		if instances[ping.Name] == nil {
			instances[ping.Name] = map[string]bool{}
		}
		instances[ping.Name][ping.ID] = true
		return true
	})
	return instances, err
}

// inspect asks the instances of one service for their routes.
func (c *Conn) inspect(ctx context.Context, name string, expected int) ([]offer, error) {
	var offers []offer
	err := c.gather(ctx, micro.APIPrefix+".INFO."+name, infoWindow, func(answer []byte) bool {
		if o, err := readOffer(name, answer); err == nil {
			offers = append(offers, o)
		}
		return len(offers) < expected
	})
	return offers, err
}

// gather publishes a question and hands the answers to take until it has enough, the
// window closes or nobody is there to answer.
func (c *Conn) gather(ctx context.Context, subject string, window time.Duration, take func([]byte) (more bool)) error {
	if !c.link.nats.IsConnected() {
		return rpc.ErrUnreached
	}
	inbox := c.link.nats.NewInbox()
	sub, err := c.link.nats.SubscribeSync(inbox)
	if err != nil {
		return fmt.Errorf("listen for answers to %s: %w", subject, err)
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only on a closed connection
	if err := c.link.nats.PublishRequest(subject, inbox, nil); err != nil {
		return fmt.Errorf("ask %s: %w", subject, err)
	}
	waiting, cancel := context.WithTimeout(ctx, window)
	defer cancel()
	for {
		msg, err := sub.NextMsgWithContext(waiting)
		switch {
		case waiting.Err() != nil:
			return ctx.Err() // nil when only the window closed
		case errors.Is(err, nats.ErrNoResponders):
			return nil
		case err != nil:
			return fmt.Errorf("read answers to %s: %w", subject, err)
		case !take(msg.Data):
			return nil
		}
	}
}

// readOffer reads an answer to $SRV.INFO. Endpoints that are not routes of that service
// are passed over.
func readOffer(name string, answer []byte) (offer, error) {
	var info micro.Info
	if err := json.Unmarshal(answer, &info); err != nil {
		return offer{}, fmt.Errorf("read what %s serves: %w", name, err)
	}
	if info.Name != name {
		return offer{}, fmt.Errorf("%s answered as %q", name, info.Name)
	}
	o := offer{service: name}
	o.started, _ = strconv.ParseInt(info.Metadata[startedMetadata], 10, 64) // unknown: older than all others
	for _, endpoint := range info.Endpoints {
		var route httpx.Route
		row, ok := endpoint.Metadata[routeMetadata]
		if !ok || json.Unmarshal([]byte(row), &route) != nil || endpoint.Subject != routeSubject(name, route.ID) {
			continue
		}
		o.routes = append(o.routes, route)
	}
	return o, nil
}
