package auditapi

import "github.com/gatehouse-auth/gatehouse/shared/rpc"

// Service is the name of the module on the bus and in the graph.
const Service = "audit"

// PermissionRead is what reading the log takes.
const PermissionRead = "audit:read"

// Methods lists what the module must serve: no calls yet, only HTTP routes.
func Methods() []rpc.Desc { return nil }
