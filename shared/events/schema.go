package events

import (
	"embed"
	"io/fs"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

//go:embed schema/*.sql
var schema embed.FS

// Migrations adds the tables of this package to a module's migration files, as
// templates that a file of the module includes at the number that suits it:
//
//	-- 002_outbox.sql, for a module that has events
//	{{ template "schema/outbox_1.sql" . }}
//
//	-- 003_inbox.sql, for a module that consumes them
//	{{ template "schema/inbox_1.sql" . }}
//
// A template that has been released never changes: new columns come as outbox_2.sql.
func Migrations(files fs.FS) fs.FS { return pg.WithTemplates(files, "schema", schema) }
