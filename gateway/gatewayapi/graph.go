package gatewayapi

import "github.com/gatehouse-auth/gatehouse/shared/rpc"

// Service is the name of the module on the bus and in the graph.
const Service = "gateway"

// Graph returns the whole graph: caller -> services or methods. A module that is not
// in it calls nobody and is called by nobody. Adding a module adds its row here.
func Graph() rpc.Graph {
	return rpc.Graph{
		"gateway":  {"authsvc", "identity", "audit"},
		"authsvc":  {"identity"},
		"audit":    {"authsvc.events", "identity.events"},
		"identity": {},
	}
}
