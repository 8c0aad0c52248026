package bus

import (
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

const (
	upSubject  = "sys.up"
	allRoutes  = "http.>"
	wakePrefix = "evt."
)

// methodSubject is where caller sends its calls of a method; "*" stands for anybody.
func methodSubject(d rpc.Desc, caller string) string {
	return "rpc." + d.Key() + "." + caller
}

func routeSubject(service, route string) string { return "http." + service + "." + route }

func wakeSubject(source string) string { return wakePrefix + source }

func inboxPrefix(module string) string { return "_INBOX." + module }
