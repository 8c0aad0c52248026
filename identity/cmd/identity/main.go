// Command identity runs the identity module as a process of its own.
package main

import (
	"github.com/gatehouse-auth/gatehouse/gateway/gatewayapi"
	"github.com/gatehouse-auth/gatehouse/identity"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

func main() {
	kit.Main(kit.Program{Name: "identity", Specs: []kit.Spec{identity.Spec()}, Graph: gatewayapi.Graph()})
}
