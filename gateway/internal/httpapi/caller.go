package httpapi

import (
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
)

// callerAnswer is a principal as its owner sees it.
type callerAnswer struct {
	Subject   string    `json:"sub"`
	SessionID string    `json:"sid"`
	ClientID  string    `json:"client_id,omitempty"`
	Actor     string    `json:"act,omitempty"`
	Roles     []string  `json:"roles"`
	Scope     []string  `json:"scope,omitempty"`
	AMR       []string  `json:"amr,omitempty"`
	AuthTime  time.Time `json:"auth_time,omitzero"`
}

// caller says who the gateway takes a caller for. It asks nobody.
func caller(w http.ResponseWriter, r *http.Request) error {
	p, _ := principal.From(r.Context()) // the guard has seen to it
	return httpx.WriteJSON(w, callerAnswer{p.Subject, p.SID, p.ClientID, p.Actor, p.Roles, p.Scope, p.AMR, p.AuthTime})
}
