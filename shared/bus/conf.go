package bus

import (
	"fmt"
	"strconv"
	"strings"
)

// ServerConf writes the users as a configuration file for a NATS server of one's own,
// with the limits of the embedded one. It holds public keys only.
func ServerConf(users []User) string {
	var conf strings.Builder
	fmt.Fprintf(&conf, "max_payload: %d\nmax_pending: %d\nwrite_deadline: %q\n", maxPayload, maxPending, writeDeadline)
	fmt.Fprintf(&conf, "ping_interval: %q\nping_max: %d\n\nauthorization {\n  users = [\n", pingInterval, maxPingsOut)
	for _, u := range users {
		fmt.Fprintf(&conf, "    # %s\n    {\n      nkey: %s\n      permissions: {\n", u.Module, u.PublicKey)
		fmt.Fprintf(&conf, "        publish: { allow: [%s] }\n", quoted(u.Publish))
		fmt.Fprintf(&conf, "        subscribe: { allow: [%s] }\n", quoted(u.Subscribe))
		fmt.Fprintf(&conf, "        allow_responses: { max: %d, expires: %q }\n      }\n    }\n", maxParts, answerWithin)
	}
	conf.WriteString("  ]\n}\n")
	return conf.String()
}

func quoted(subjects []string) string {
	texts := make([]string, len(subjects))
	for i, subject := range subjects {
		texts[i] = strconv.Quote(subject)
	}
	return strings.Join(texts, ", ")
}
