package system

import (
	"github.com/gatehouse-auth/gatehouse/audit"
	"github.com/gatehouse-auth/gatehouse/authsvc"
	"github.com/gatehouse-auth/gatehouse/gateway"
	"github.com/gatehouse-auth/gatehouse/gateway/gatewayapi"
	"github.com/gatehouse-auth/gatehouse/identity"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

// Program is Gatehouse with all its modules. A module of your own joins here, with a row
// in the graph.
func Program() kit.Program {
	return kit.Program{
		Name:     "gatehouse",
		Specs:    []kit.Spec{identity.Spec(), authsvc.Spec(), audit.Spec(), gateway.Spec()},
		Graph:    gatewayapi.Graph(),
		Commands: append([]kit.Command{splitCommand(), grantCommand()}, audit.Commands()...),
	}
}
