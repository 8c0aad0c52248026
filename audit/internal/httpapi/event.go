package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/gatehouse-auth/gatehouse/audit/internal/leaf"
	"github.com/gatehouse-auth/gatehouse/audit/internal/ledger"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

const (
	defaultLimit = 50
	maxLimit     = 200
)

type listAnswer struct {
	Events []eventAnswer `json:"events"`
	Next   string        `json:"next,omitempty"` // cursor of the next page; absent on the last
}

type eventAnswer struct {
	Index     int64           `json:"index"`
	ID        string          `json:"id"`
	Time      string          `json:"time"`
	Module    string          `json:"module"`
	Action    string          `json:"action"`
	Outcome   string          `json:"outcome"`
	Actor     string          `json:"actor"`
	Subject   string          `json:"subject"`
	RequestID string          `json:"request_id"`
	Facts     json.RawMessage `json:"facts,omitempty"`
	Personal  json.RawMessage `json:"personal,omitempty"`
}

func answerEvent(e ledger.Entry) eventAnswer {
	return eventAnswer{
		Index: e.Index, ID: e.EventID, Time: e.At.UTC().Format(leaf.TimeFormat), Module: e.Source, Action: e.Action,
		Outcome: e.Outcome, Actor: e.Actor, Subject: e.Subject, RequestID: e.RequestID, Facts: e.Facts, Personal: e.Personal,
	}
}

func (a *API) list(w http.ResponseWriter, r *http.Request) error {
	values, err := parameters(r, "actor", "subject", "action", "from", "to", "limit", "cursor")
	if err != nil {
		return err
	}
	q, err := parseQuery(values)
	if err != nil {
		return err
	}
	entries, more, err := a.ledger.List(r.Context(), q)
	if err != nil {
		return err
	}
	answer := listAnswer{Events: make([]eventAnswer, 0, len(entries))}
	if more {
		answer.Next = strconv.FormatInt(entries[len(entries)-1].Index, 10)
	}
	for _, e := range entries {
		answer.Events = append(answer.Events, answerEvent(e))
	}
	return httpx.WriteJSON(w, answer)
}

func parseQuery(values map[string]string) (ledger.Query, error) {
	q := ledger.Query{Limit: defaultLimit}
	for name, value := range values {
		if err := setParameter(&q, name, value); err != nil {
			return q, err
		}
	}
	return q, nil
}

func setParameter(q *ledger.Query, name, value string) error {
	bad := func(expected string) error {
		return ledger.ErrBadRequest.WithMessage(name + " must be " + expected + ".")
	}
	var err error
	switch name {
	case "actor":
		q.Actor = value
	case "subject":
		q.Subject = value
	case "action":
		q.Action = value
	case "from", "to":
		at, err := time.Parse(time.RFC3339, value)
		if err != nil {
			return bad("a time such as 2026-01-31T00:00:00Z")
		}
		if name == "from" {
			q.From = at
		} else {
			q.To = at
		}
	case "limit":
		if q.Limit, err = strconv.Atoi(value); err != nil || q.Limit < 1 || q.Limit > maxLimit {
			return bad("a number from 1 to " + strconv.Itoa(maxLimit))
		}
	case "cursor":
		if q.Before, err = strconv.ParseInt(value, 10, 64); err != nil || q.Before < 1 {
			return bad("the next field of the page before")
		}
	}
	return nil
}
