package epoch

import (
	"embed"
	"io/fs"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// Life is how long a lease lasts, from the moment at which it was asked for.
const Life = 2 * time.Second

// ScopeAll is the scope of what concerns every copy; it has no key.
const ScopeAll = "all"

// Mark names what a change was about, or a copy is about. Scopes are the source's words.
type Mark struct{ Scope, Key string }

// All is the mark that every copy has.
func All() Mark { return Mark{Scope: ScopeAll} }

// Method is the method by which a service tells what changed. Contracts declare it:
// var Epochs = epoch.Method(Service).
func Method(service string) rpc.Method[In, Out] {
	return rpc.Method[In, Out]{Service: service, Name: "epochs", Major: 1, Timeout: time.Second, Idempotent: true}
}

// Wakes is the name under which a source's wake-ups go.
func Wakes(service string) string { return service + ".epoch" }

// In asks what changed.
type In struct {
	Holder  string `json:"holder"`  // who asks; random, one for each follower
	Nonce   string `json:"nonce"`   // comes back in the answer, so that no answer counts twice
	Applied int64  `json:"applied"` // the number up to which the holder has followed
	Cursor  int64  `json:"cursor"`  // the last entry that it has
	Leave   bool   `json:"leave"`   // it holds nothing any more
}

// Out is what changed.
type Out struct {
	Nonce   string  `json:"nonce"`
	Origin  string  `json:"origin"`  // another one: a history that a restored backup began
	Head    int64   `json:"head"`    // the number, read after the question arrived
	Floor   int64   `json:"floor"`   // entries up to this number are not kept
	Entries []Entry `json:"entries"` // after the cursor, in order
	More    bool    `json:"more"`    // there are more entries
}

// Entry is one mark that was raised.
type Entry struct {
	ID     int64  `json:"id"`
	Number int64  `json:"number"`
	Scope  string `json:"scope"`
	Key    string `json:"key"`
}

//go:embed epoch/*.sql
var templates embed.FS

// Migrations adds the tables of this package to a module's migration files, as templates
// that a file of the module includes, with a trigger for each table of which others keep
// copies:
//
//	{{ template "epoch/epoch_1.sql" . }}
//	create constraint trigger epoch_book after update or delete on book
//	  deferrable initially deferred for each row execute function epoch_touch('book', 'isbn');
func Migrations(files fs.FS) fs.FS { return pg.WithTemplates(files, "epoch", templates) }
