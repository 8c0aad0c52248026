package kit

import (
	"context"
	"errors"
	"maps"
	"path/filepath"

	"github.com/gatehouse-auth/gatehouse/shared/config"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Supervise opens what the processes of a split system share on one machine, the
// embedded database if no other is configured and the root secret, and runs work with
// settings that name both. The mode stays what it would be for one process.
func (p Program) Supervise(ctx context.Context, env Env, work func(context.Context, map[string]string) error) (err error) {
	log, err := p.logger(env)
	if err != nil {
		return err
	}
	if err := p.unknownSettings(env); err != nil {
		return err
	}
	s := &System{program: p, options: Options{Environ: env.Environ, Log: log}, log: log, here: p.Specs}
	if err := config.Load(env.Environ, Prefix, &s.settings); err != nil {
		return err
	}
	if s.settings.NATSURL != "" || s.settings.NATSListen != "" {
		return errors.New("GATEHOUSE_NATS_URL and GATEHOUSE_NATS_LISTEN are for processes that you start yourself; unset them here")
	}
	if s.development, err = s.settings.development(s.ownDatabases()); err != nil {
		return err
	}
	if s.root, err = s.settings.root(s.development); err != nil {
		return err
	}
	environ := maps.Clone(env.Environ)
	for _, name := range []string{"SECRET", "SECRET_FILE", "MODE", "MODULES"} {
		delete(environ, Prefix+"_"+name)
	}
	environ[Prefix+"_SECRET"] = s.root.Text().Reveal()
	environ[Prefix+"_MODE"] = map[bool]string{true: "development", false: "production"}[s.development]
	if environ[Prefix+"_DATA"], err = filepath.Abs(s.settings.Data); err != nil {
		return err
	}
	if s.settings.DatabaseURL == "" && !s.ownDatabases() {
		var administrator secret.Text
		if administrator, err = s.openEmbedded(ctx); err != nil {
			return err
		}
		environ[Prefix+"_DATABASE_URL"] = administrator.Reveal()
		defer func() {
			stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopBudget)
			defer cancel()
			err = errors.Join(err, s.embedded.Stop(stopping))
		}()
	}
	return work(ctx, environ)
}
