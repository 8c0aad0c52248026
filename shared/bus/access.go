package bus

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/micro"

	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// User is a module as the NATS server knows it: a public key and the subjects that it
// may use. Beyond these it may answer the questions that it received, such as those of
// NATS's tools.
type User struct {
	Module    string
	PublicKey string
	Publish   []string
	Subscribe []string
}

// Users derives every user of the bus from the call graph. Its keys and targets are the
// modules; edge names the one that may send HTTP requests and ask what is mounted,
// empty if there is none.
func Users(root secret.Root, graph rpc.Graph, edge string) ([]User, error) {
	var users []User
	for _, module := range modulesOf(graph, edge) {
		pair, err := Identity(root, module)
		if err != nil {
			return nil, err
		}
		key, err := pair.PublicKey()
		if err != nil {
			return nil, fmt.Errorf("bus: public key of %s: %w", module, err)
		}
		users = append(users, User{
			Module:    module,
			PublicKey: key,
			Publish:   publishes(graph, module, edge),
			Subscribe: subscribes(graph[module], module),
		})
	}
	return users, nil
}

func modulesOf(graph rpc.Graph, edge string) []string {
	all := map[string]bool{}
	if edge != "" {
		all[edge] = true
	}
	for caller, targets := range graph {
		all[caller] = true
		for _, target := range targets {
			service, _, _ := strings.Cut(target, ".")
			all[service] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// publishes lists what a module may send: its calls under its own name, its answers to
// those who may call it, its own wake-ups, and for the edge the requests.
func publishes(graph rpc.Graph, module, edge string) []string {
	subjects := []string{wakeSubject(module), wakeSubject(epoch.Wakes(module)), upSubject}
	for _, caller := range callersOf(graph, module, edge) {
		subjects = append(subjects, answerPrefix(caller, module)+">")
	}
	for _, target := range graph[module] {
		service, method, one := strings.Cut(target, ".")
		if !one {
			method = "*"
		}
		subjects = append(subjects, "rpc."+service+".*."+method+"."+module)
	}
	if module == edge {
		subjects = append(subjects, allRoutes, micro.APIPrefix+".PING", micro.APIPrefix+".INFO.*")
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}

// callersOf lists who may call a module, the edge with its requests among them.
func callersOf(graph rpc.Graph, module, edge string) []string {
	return slices.DeleteFunc(modulesOf(graph, edge), func(caller string) bool {
		return caller != edge && !slices.ContainsFunc(graph[caller], func(target string) bool {
			service, _, _ := strings.Cut(target, ".")
			return service == module
		})
	})
}

// subscribes lists what a module may receive: what is addressed to it, the wake-ups of
// the services that it calls, and the questions of the NATS services API.
func subscribes(targets []string, module string) []string {
	subjects := []string{"rpc." + module + ".>", "http." + module + ".>", inboxPrefix(module) + ".>", upSubject}
	for _, target := range targets {
		service, _, _ := strings.Cut(target, ".")
		subjects = append(subjects, wakeSubject(service), wakeSubject(epoch.Wakes(service)))
	}
	for _, verb := range []micro.Verb{micro.PingVerb, micro.InfoVerb, micro.StatsVerb} {
		all := micro.APIPrefix + "." + verb.String()
		subjects = append(subjects, all, all+"."+module, all+"."+module+".*")
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}
