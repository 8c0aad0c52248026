package kit

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/config"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/pg/embedded"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// withDatabase lists the modules of this process that own a schema.
func (s *System) withDatabase() []Spec {
	var specs []Spec
	for _, spec := range s.here {
		if spec.Migrations != nil {
			specs = append(specs, spec)
		}
	}
	return specs
}

func modulePrefix(module string) string { return Prefix + "_" + strings.ToUpper(module) }

// ownDatabases reports whether any module here was given a database URL of its own.
func (s *System) ownDatabases() bool {
	for _, spec := range s.withDatabase() {
		name := modulePrefix(spec.Name) + "_DATABASE_URL"
		if s.options.Environ[name] != "" || s.options.Environ[name+"_FILE"] != "" {
			return true
		}
	}
	return false
}

// schema is what readying a module's schema takes.
type schema struct {
	spec    Spec
	role    pg.Module   // to be prepared; zero: the module has a database URL of its own
	migrate secret.Text // the URL
}

// openDatabase opens the pools of every module here, which connect when they are used.
// Without any URL it starts the embedded database.
func (s *System) openDatabase(ctx context.Context) error {
	specs := s.withDatabase()
	if len(specs) == 0 {
		return nil
	}
	administrator := s.settings.DatabaseURL
	if administrator == "" && !s.ownDatabases() {
		if !s.development {
			return errors.New("GATEHOUSE_DATABASE_URL is missing: production needs a PostgreSQL")
		}
		var err error
		if administrator, err = s.openEmbedded(ctx); err != nil {
			return err
		}
	}
	for _, spec := range specs { // before any is touched
		name := modulePrefix(spec.Name) + "_DATABASE_URL"
		if administrator == "" && s.options.Environ[name] == "" && s.options.Environ[name+"_FILE"] == "" {
			return fmt.Errorf("%s is missing: other modules have one, and there is no GATEHOUSE_DATABASE_URL", name)
		}
	}
	s.administrator = administrator
	for _, spec := range specs {
		if err := s.openModule(ctx, spec, administrator); err != nil {
			return fmt.Errorf("%s: %w", spec.Name, err)
		}
	}
	return nil
}

// readyDatabase prepares and migrates the schemas of the modules here.
func (s *System) readyDatabase(ctx context.Context) error {
	var prepared []pg.Module
	var configs []pg.MigrateConfig
	for _, schema := range s.schemas {
		if schema.role.Name != "" {
			prepared = append(prepared, schema.role)
		}
		configs = append(configs, pg.MigrateConfig{
			URL: schema.migrate.Reveal(), Schema: schema.spec.Name, Role: schema.spec.Name,
			Files: schema.spec.Migrations, After: schema.spec.AfterMigrate, Log: s.moduleLog(schema.spec.Name),
		})
	}
	if len(prepared) > 0 {
		if err := pg.Prepare(ctx, s.administrator.Reveal(), prepared); err != nil {
			return fmt.Errorf("%s_DATABASE_URL: %w", Prefix, err)
		}
	}
	return pg.Migrate(ctx, configs...)
}

// openEmbedded starts the embedded database and returns its administrator's URL.
func (s *System) openEmbedded(ctx context.Context) (secret.Text, error) {
	if s.options.Alone {
		running, err := embedded.Running(s.settings.Data)
		if err != nil || running != "" {
			return secret.Text(running), err
		}
	}
	server, err := embedded.Start(ctx, embedded.Config{
		Dir: s.settings.Data, Log: s.moduleLog("database"),
		Hint: "or set GATEHOUSE_DATABASE_URL to a PostgreSQL of your own",
	})
	if err != nil {
		return "", err
	}
	s.embedded = server
	return secret.Text(server.URL()), nil
}

// openModule opens the module's pools, and notes what its schema takes.
func (s *System) openModule(ctx context.Context, spec Spec, administrator secret.Text) error {
	var own moduleSettings
	if err := config.Load(s.options.Environ, modulePrefix(spec.Name), &own); err != nil {
		return err
	}
	runtime, schema := own.DatabaseURL, schema{spec: spec, migrate: own.MigrateURL}
	var err error
	if runtime == "" {
		schema.role = pg.Module{Name: spec.Name, Password: s.rolePassword(spec.Name)}
		if runtime, err = asRole(administrator, spec.Name, schema.role.Password); err != nil {
			return err
		}
		schema.migrate = administrator
	}
	if schema.migrate == "" {
		schema.migrate = runtime
	}
	s.schemas = append(s.schemas, schema)
	joined := &epochs{}
	s.sources[spec.Name] = joined
	s.pools[spec.Name], err = pg.Open(ctx, pg.Config{
		URL: runtime.Reveal(), Schema: spec.Name, MaxConns: own.MaxConns, Application: "gatehouse-" + spec.Name,
		Settle: joined.settle,
	})
	if err != nil {
		return err
	}
	joined.pool, err = pg.Open(ctx, pg.Config{
		URL: runtime.Reveal(), Schema: spec.Name, MaxConns: epochConns, Application: "gatehouse-" + spec.Name + "-epochs",
	})
	return err
}

// rolePassword derives the password of a module's role, so that every process that
// knows the root secret can open its own pool and nothing has to be distributed.
func (s *System) rolePassword(module string) secret.Text {
	key := s.root.Key("database/" + module)
	return secret.Text(base64.RawURLEncoding.EncodeToString(key[:]))
}

// asRole returns the administrator's URL with the module's role in place of his.
func asRole(administrator secret.Text, role string, password secret.Text) (secret.Text, error) {
	u, err := url.Parse(administrator.Reveal())
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return "", errors.New("GATEHOUSE_DATABASE_URL must look like postgres://user:password@host:5432/database")
	}
	u.User = url.UserPassword(role, password.Reveal())
	return secret.Text(u.String()), nil
}
