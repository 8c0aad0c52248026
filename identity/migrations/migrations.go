// Package migrations holds the tables of the schema identity as tern files, in the
// order in which they are applied. A file that has been released never changes.
package migrations

import (
	"embed"
	"io/fs"

	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/events"
)

//go:embed *.sql
var files embed.FS

// Files returns the migrations, with the templates of shared/events and shared/epoch beside them.
func Files() fs.FS { return epoch.Migrations(events.Migrations(files)) }
