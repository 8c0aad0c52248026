// Command gateway runs the gateway as a process of its own.
package main

import (
	"github.com/gatehouse-auth/gatehouse/gateway"
	"github.com/gatehouse-auth/gatehouse/gateway/gatewayapi"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

func main() {
	kit.Main(kit.Program{Name: "gateway", Specs: []kit.Spec{gateway.Spec()}, Graph: gatewayapi.Graph()})
}
