// Command audit runs the audit module as a process of its own.
package main

import (
	"github.com/gatehouse-auth/gatehouse/audit"
	"github.com/gatehouse-auth/gatehouse/audit/auditapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

func main() {
	graph := rpc.Graph{auditapi.Service: {authapi.Service + ".events", identityapi.Service + ".events"}, authapi.Service: {}, identityapi.Service: {}}
	kit.Main(kit.Program{Name: "audit", Specs: []kit.Spec{audit.Spec()}, Graph: graph})
}
