package test

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// TestServe_KeepsItsData starts the program with nothing configured but where, kills it,
// and starts it again: no manual step, nothing lost, and quick.
func TestServe_KeepsItsData(t *testing.T) {
	t.Parallel()
	s := newSuite(shape.Start(t, shape.Alone, nil))
	p := s.signUp(t)

	t.Run("a second start on the same folder says who has it", func(t *testing.T) {
		second := exec.CommandContext(t.Context(), shape.Binary(t, "gatehouse"), "serve") //nolint:gosec // ours
		for name, value := range s.system.Environ {
			if !strings.HasSuffix(name, "_ADDR") {
				second.Env = append(second.Env, name+"="+value)
			}
		}
		second.Env = append(second.Env, "GATEHOUSE_HTTP_ADDR=127.0.0.1:0", "GATEHOUSE_OPS_ADDR=127.0.0.1:0")
		out, err := second.CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte("is in use by process")) || bytes.Count(bytes.TrimSpace(out), []byte("\n")) > 0 {
			t.Errorf("%v: %s", err, out)
		}
		s.status(t, "the first is not disturbed", p.send(t, "GET /api/v1/me", nil), 200)
	})
	t.Run("a command beside it shares its database", func(t *testing.T) {
		said, err := run(t.Context(), s.system.Environ, "admin", "grant", p.email)
		if err != nil || said != p.email+" is an administrator now.\n" {
			t.Errorf("%v: %s", err, said)
		}
		s.status(t, "an administrator's route", p.send(t, "GET /api/v1/roles", nil), 200)
	})
	for _, how := range []struct {
		name string
		end  func(testing.TB, string)
	}{{"killed", s.system.KillPart}, {"stopped", s.system.StopPart}} {
		t.Run("it comes back after it was "+how.name, func(t *testing.T) {
			how.end(t, shape.Whole)
			began := time.Now()
			s.system.StartPart(t, shape.Whole)
			s.system.AwaitReady(t)
			took := time.Since(began)
			t.Logf("summary: ready %s after it was %s", took.Round(10*time.Millisecond), how.name)
			if took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
			s.status(t, "the session from before", p.send(t, "GET /api/v1/me", nil), 200)
			s.signIn(t, p)
		})
	}
}

// TestSplit_KeepsItsData does the same with four processes.
func TestSplit_KeepsItsData(t *testing.T) {
	t.Parallel()
	s := newSuite(shape.Start(t, shape.AloneSplit, nil))
	p := s.signUp(t)
	s.confirm(t, p)
	s.system.StopPart(t, shape.Whole)
	if got, err := p.try(t, "GET /api/v1/me", nil); err == nil {
		t.Fatalf("a process has outlived the split: %s", got)
	}
	s.system.StartPart(t, shape.Whole)
	s.system.AwaitReady(t)
	s.status(t, "the session from before", p.send(t, "GET /api/v1/me", nil), 200)
	s.signIn(t, p)

	s.system.KillPart(t, shape.Whole) // whose end nobody can tell the others of
	shape.Until(t, 20*time.Second, func(context.Context) error {
		if got, err := p.try(t, "GET /api/auth/ok", nil); err == nil {
			return fmt.Errorf("a process has outlived the killed split: %s", got)
		}
		return nil
	})
	s.system.StartPart(t, shape.Whole)
	s.system.AwaitReady(t)
	s.status(t, "the session from before the kill", p.send(t, "GET /api/v1/me", nil), 200)
}

// TestDatabase_OfAnAdministrator starts with a URL that is no superuser's: roles and
// schemas come by themselves.
func TestDatabase_OfAnAdministrator(t *testing.T) {
	t.Parallel()
	database := shape.NewDatabase(t)
	prepare(t, database.URL(), "create role boss login createrole password 'a-password-of-16'", "create database product owner boss")
	s := newSuite(shape.Start(t, shape.Direct, map[string]string{"GATEHOUSE_DATABASE_URL": asUser(t, database.URL(), "boss", "a-password-of-16", "product")}))
	s.signUp(t)
}

// TestDatabase_OfPreparedRoles starts with one URL for each module, of roles that an
// administrator made: the program never sees an administrator.
func TestDatabase_OfPreparedRoles(t *testing.T) {
	t.Parallel()
	database := shape.NewDatabase(t)
	environ := map[string]string{"GATEHOUSE_DATABASE_URL": ""}
	var modules []pg.Module
	for _, name := range []string{"identity", "authsvc", "audit"} {
		password := "prepared-for-" + name
		modules = append(modules, pg.Module{Name: name, Password: secret.Text(password)})
		upper := "GATEHOUSE_" + strings.ToUpper(name)
		environ[upper+"_DATABASE_URL"] = asUser(t, database.URL(), name, password, "postgres")
		environ[upper+"_MIGRATE_URL"] = asUser(t, database.URL(), "migrator", "a-password-of-16", "postgres")
	}
	if err := pg.Prepare(t.Context(), database.URL(), modules); err != nil {
		t.Fatal(err)
	}
	prepare(t, database.URL(), "create role migrator login password 'a-password-of-16'", "grant identity_owner, authsvc_owner, audit_owner to migrator",
		"grant connect on database postgres to migrator")
	s := newSuite(shape.Start(t, shape.Direct, environ))
	s.signUp(t)
}

func prepare(t *testing.T, url string, statements ...string) {
	t.Helper()
	conn := connect(t, url)
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// asUser returns the URL of the same server for somebody else.
func asUser(t *testing.T, url, user, password, database string) string {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("postgres://%s:%s@/%s?host=%s&port=%d", user, password, database, config.Host, config.Port)
}

// TestHealth_AsksTheRunningProcess is the health check of containers.
func TestHealth_AsksTheRunningProcess(t *testing.T) {
	t.Parallel()
	system := shape.Start(t, shape.Direct, nil)
	said, err := run(t.Context(), system.Environ, "health")
	if err != nil || said != "ready\n" {
		t.Errorf("%v: %q", err, said)
	}
	system.Database.Stop(t)
	shape.Until(t, 10*time.Second, func(context.Context) error {
		if _, err := run(t.Context(), system.Environ, "health"); err == nil {
			return fmt.Errorf("it is healthy without a database")
		}
		return nil
	})
	system.StopPart(t, shape.Whole)
	if _, err := run(t.Context(), system.Environ, "health"); err == nil || !strings.Contains(err.Error(), "nothing answers") {
		t.Errorf("after the end: %v", err)
	}
}
