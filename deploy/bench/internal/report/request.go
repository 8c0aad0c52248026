package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/round"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/scenario"
)

const requestNote = `
Closed loop, answers checked, medians of %d interleaved rounds. CPU is in seconds per 1000 requests, of the system's own
processes and of PostgreSQL apart, deferred work (mail, audit) included and the generator not. "x bare" is both together over the bare
handler. "Failed" counts over all rounds; failures are not in the other figures. One PostgreSQL cluster with the same settings for all,
durability on, limits per address off; otherwise every system is as it ships.

- *%s*: Gatehouse verifies its own access token at ` + "`GET /api/v1/gateway/caller`" + `, which asks nobody. The reference server verifies no JWT on any route of its own, so its row is the
  nearest thing: ` + "`get-session`" + ` with the session as bearer token; ` + "`jose.mjs`" + ` verifies one and does nothing else.
- *cookie cache*: the reference server believes a signed cookie for five minutes, whatever was revoked meanwhile.
- *%s*: ` + "`GET /api/auth/token`" + ` in both.
- *%s*: ` + "`POST /api/auth/oauth2/token`" + `, each refresh with the token of the last. The reference server's default profile has none.
- *%s*, *%s*: the table has the figures of the reads alone, of a system that signs in as many others as it can at the same time.
- *%s*, *%s*: mostly the password hash; argon2id (19 MiB, t=2, p=1) in Gatehouse, scrypt in the reference server.%s
`

func (r Report) writeRequests(b *strings.Builder, scenarios []string) {
	fmt.Fprintf(b, "## Requests, %d connections\n\n", r.Connections)
	floor := r.floor()
	var table [][]string
	for _, name := range scenarios {
		for _, rows := range r.byTarget(name) {
			table = append(table, requestRow(rows, floor))
		}
	}
	writeTable(b, 2, []string{
		"scenario", "system", "requests/s", "p50 ms", "p99 ms", "CPU s/1000 system", "CPU s/1000 PostgreSQL", "x bare", "failed",
	}, table)
	fmt.Fprintf(b, requestNote, r.rounds(), scenario.Guarded, scenario.Mint, scenario.Refresh,
		scenario.SessionStorm, scenario.GuardedStorm, scenario.SignIn, scenario.SignUp, r.besideHash())
}

// besideHash says what the hash alone cost in the same minutes, and what a sign-in cost beside it.
func (r Report) besideHash() string {
	text := ""
	for _, rows := range r.byTarget(scenario.SignIn) {
		if rows[0].Hash == 0 {
			continue
		}
		text += fmt.Sprintf("\n  Just before and after the sign-ins of *%s*, one such argon2id hash alone took %s ms of CPU; beside it a sign-in took %s ms, of the system and PostgreSQL.",
			rows[0].Target, millis(medianOf(rows, func(row round.Row) time.Duration { return row.Hash })),
			millis(medianOf(rows, func(row round.Row) time.Duration {
				return (row.Server+row.Database)/time.Duration(row.Done+row.Failed) - row.Hash
			})))
	}
	return text
}

// byTarget returns the rows of one scenario, those of a system together.
func (r Report) byTarget(name string) [][]round.Row {
	var order []string
	found := map[string][]round.Row{}
	for _, one := range r.Rounds {
		for _, row := range one.Rows {
			if row.Scenario != name {
				continue
			}
			if found[row.Target] == nil {
				order = append(order, row.Target)
			}
			found[row.Target] = append(found[row.Target], row)
		}
	}
	var list [][]round.Row
	for _, target := range order {
		list = append(list, found[target])
	}
	return list
}

// rounds counts how often each system ran.
func (r Report) rounds() int {
	count := map[string]int{}
	most := 0
	for _, one := range r.Rounds {
		count[one.Target]++
		most = max(most, count[one.Target])
	}
	return most
}

// floor is the CPU time of the bare handler per thousand requests; 0 if it was not measured.
func (r Report) floor() float64 {
	for _, rows := range r.byTarget(scenario.Bare) {
		return medianOf(rows, func(row round.Row) float64 { return perThousand(row.Server+row.Database, row) })
	}
	return 0
}

func requestRow(rows []round.Row, floor float64) []string {
	failed, metered := 0, true
	for _, row := range rows {
		failed += row.Failed
		metered = metered && row.Metered
	}
	server, database, ratio := dash, dash, dash
	if metered {
		server = number(medianOf(rows, func(row round.Row) float64 { return perThousand(row.Server, row) }))
		database = number(medianOf(rows, func(row round.Row) float64 { return perThousand(row.Database, row) }))
		if floor > 0 {
			ratio = number(medianOf(rows, func(row round.Row) float64 { return perThousand(row.Server+row.Database, row) }) / floor)
		}
	}
	return []string{
		rows[0].Scenario, rows[0].Target,
		number(medianOf(rows, func(row round.Row) float64 { return row.Rate() })),
		millis(medianOf(rows, func(row round.Row) time.Duration { return row.P50 })),
		millis(medianOf(rows, func(row round.Row) time.Duration { return row.P99 })),
		server, database, ratio, strconv.Itoa(failed),
	}
}

// perThousand returns CPU-seconds per 1000 requests. A request that failed was work too.
func perThousand(cpu time.Duration, row round.Row) float64 {
	return cpu.Seconds() * 1000 / float64(row.Done+row.Failed)
}

func medianOf[T float64 | time.Duration](rows []round.Row, of func(round.Row) T) T {
	var values []T
	for _, row := range rows {
		values = append(values, of(row))
	}
	return median(values)
}
