package front

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/gateway/internal/route"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// event is the one log line of a request. It names the route's template, never the path
// or the query: those may hold secrets.
type event struct {
	request *http.Request
	target  *route.Target // nil: none was found
	caller  principal.Principal
	began   time.Time
}

// record writes the line. cut says that the connection ends without the whole answer.
func (f *Front) record(e *event, a *answer, cut bool) {
	took := f.Now().Sub(e.began)
	if a.status == 0 {
		a.status = http.StatusOK
	}
	template := "unknown"
	if e.target != nil {
		template = e.target.Route.Path
	}
	f.observer(template, a.status).Observe(took.Seconds())
	line := f.Log.WithLevel(level(a.status)).
		Str("method", e.request.Method).Str("route", template).Int("status", a.status).Int("bytes", a.bytes).
		Dur("took_ms", took).Str("request_id", trace.From(e.request.Context()).RequestID)
	if e.target != nil {
		line = line.Str("service", e.target.Service)
	}
	if e.caller.Subject != "" {
		line = line.Str("actor", e.caller.Subject)
	}
	if a.fault != "" {
		line = line.Str("fault", a.fault)
	}
	if cut {
		line = line.Bool("cut", true)
	}
	line.Msg("request")
}

// place is where latencies are counted.
type place struct {
	template string
	status   int
}

// observer returns the counter of a place, of which there are few: looking it up by its
// labels costs more than counting.
func (f *Front) observer(template string, status int) prometheus.Observer {
	if known, ok := f.observers.Load(place{template, status}); ok {
		if observer, ok := known.(prometheus.Observer); ok {
			return observer
		}
	}
	observer := f.latency.WithLabelValues(template, strconv.Itoa(status))
	f.observers.Store(place{template, status}, observer)
	return observer
}

func level(status int) zerolog.Level {
	if status >= http.StatusInternalServerError {
		return zerolog.WarnLevel
	}
	return zerolog.InfoLevel
}
