package pg

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// inOrderSQL returns the stored passwords of the modules whose side of the wall
// stands as moduleSQL builds it, in a database as databaseSQL leaves it.
const inOrderSQL = `
	select r.rolname, r.rolpassword
	from unnest($1::text[]) as name
	join pg_authid r on r.rolname = name
	join pg_roles o on o.rolname = name || '_owner'
	join pg_namespace n on n.nspname = name and n.nspowner = o.oid
	join pg_database d on d.datname = current_database()
	join pg_db_role_setting s on s.setrole = r.oid and s.setdatabase = d.oid
	where r.rolcanlogin and not r.rolsuper and r.rolconnlimit = $2
	and not o.rolcanlogin and not o.rolsuper
	and s.setconfig @> array['search_path=' || name, 'statement_timeout=5s', 'idle_in_transaction_session_timeout=10s']
	and has_database_privilege(r.oid, d.oid, 'CONNECT')
	and has_schema_privilege(r.oid, n.oid, 'USAGE')
	and 6 = (
		select count(*)
		from pg_default_acl a, aclexplode(a.defaclacl) e
		where a.defaclrole = o.oid and a.defaclnamespace = n.oid and e.grantee = r.oid
	)
	and not has_database_privilege('public', d.oid, 'CONNECT')
	and not has_database_privilege('public', d.oid, 'TEMPORARY')
	and not coalesce(has_schema_privilege('public', to_regnamespace('public'), 'USAGE'), false)`

// inOrder reports whether Prepare has nothing to do, which a superuser can see in
// one statement where the whole bootstrap takes about forty. Anybody else may not
// look at the passwords, and any doubt means no.
func inOrder(ctx context.Context, conn *pgx.Conn, modules []Module) bool {
	names := make([]string, len(modules))
	for i, m := range modules {
		names[i] = m.Name
	}
	rows, err := conn.Query(ctx, inOrderSQL, pgx.QueryExecModeExec, names, maxRoleConnections)
	if err != nil {
		return false
	}
	stored := map[string]string{}
	var name string
	var password *string
	_, err = pgx.ForEachRow(rows, []any{&name, &password}, func() error {
		if password != nil {
			stored[name] = *password
		}
		return nil
	})
	if err != nil {
		return false
	}
	for _, m := range modules {
		if !verifies(stored[m.Name], m.Password) {
			return false
		}
	}
	return true
}

// verifies reports whether a stored verifier is that of the password.
func verifies(stored string, password secret.Text) bool {
	_, rest, _ := strings.Cut(stored, ":")
	encoded, _, _ := strings.Cut(rest, "$")
	salt, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return false
	}
	again, err := verifierWith(password, salt)
	return err == nil && subtle.ConstantTimeCompare([]byte(stored), []byte(again)) == 1
}
