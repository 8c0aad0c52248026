// Command authsvc runs the authsvc module as a process of its own.
package main

import (
	"github.com/gatehouse-auth/gatehouse/authsvc"
	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

func main() {
	graph := rpc.Graph{authapi.Service: {identityapi.Service}, identityapi.Service: {}}
	kit.Main(kit.Program{Name: "authsvc", Specs: []kit.Spec{authsvc.Spec()}, Graph: graph})
}
