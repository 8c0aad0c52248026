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

// inboxPrefix begins the subjects at which a module hears answers.
func inboxPrefix(module string) string { return "_INBOX." + module }

// answerPrefix begins those at which it hears what a service answers to its calls. The
// service may always publish there: NATS would otherwise remember for each message who may
// answer it, for as long as that may take. Nobody can guess how such a subject ends.
func answerPrefix(caller, service string) string { return inboxPrefix(caller) + "." + service + "." }
