// Package store is read by a test, for the constants in it.
package store

import "example.invalid/nowhere"

const columns = "id, name"

const findThing = `
	select ` + columns + `
	from thing
	where name = @name`

const notSQL = "selection of things"

// Rename has a constant of its own.
func Rename(q nowhere.Querier) error {
	const rename = "update thing set name = $2 where name = $1"
	return q.Exec(rename)
}
