package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

// listColumns is userColumns without images that are too large for a list
// (identityapi.MaxListImage).
const listColumns = `
	u.id::text as id, u.email, u.email_verified, u.name,
	case when octet_length(u.image) <= 512 then u.image end as image,
	` + userColumnsButImage

const findAllUsers = `
	select ` + listColumns + `
	from users u
	where u.id = any ($1)`

// FindAll implements user.Store.
func (s *Users) FindAll(ctx context.Context, ids []user.ID) ([]user.User, error) {
	rows, err := s.pool.Query(ctx, findAllUsers, ids)
	if err != nil {
		return nil, reported("find users", err)
	}
	found, err := pgx.CollectRows(rows, asUser)
	return found, reported("find users", err)
}

// fieldColumns holds what a field is read from, where that is not the column of its name.
// $1 is the present time.
var fieldColumns = map[string]string{
	"role":        `coalesce((select string_agg(g.role, ',' order by g.role) from grants g where g.user_id = u.id), 'user')`,
	"banned":      `(u.banned and coalesce(u.ban_expires > $1, true))`,
	"ban_reason":  `case when u.banned and coalesce(u.ban_expires > $1, true) then u.ban_reason end`,
	"ban_expires": `case when u.banned and coalesce(u.ban_expires > $1, true) then u.ban_expires end`,
}

// kindTypes are the types that values are sent as.
var kindTypes = map[user.Kind]string{
	user.Text: "text", user.Truth: "boolean", user.Time: "timestamptz", user.Name: "uuid",
}

var comparisons = map[user.Operator]string{
	user.Equal: "=", user.NotEqual: "<>", user.Less: "<", user.LessOrEqual: "<=", user.Greater: ">", user.GreaterOrEqual: ">=",
}

// likeEscape takes the meaning from what LIKE would take for a wildcard.
var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// statement gathers a where clause and its arguments. Text in it comes from the tables
// above; whatever a caller sent is an argument.
type statement struct {
	where []string
	args  []any
}

// placeholder adds an argument and returns what stands for it.
func (s *statement) placeholder(value any, kind user.Kind) string {
	s.args = append(s.args, value)
	return fmt.Sprintf("$%d::%s", len(s.args), kindTypes[kind])
}

func (s *statement) add(c user.Condition) {
	column := columnOf(c.Field)
	switch c.Operator {
	case user.In, user.NotIn:
		s.addMembership(column, c)
	case user.Contains, user.StartsWith, user.EndsWith:
		text, _ := c.Values[0].(string)
		pattern := likeEscape.Replace(text)
		if c.Operator != user.StartsWith {
			pattern = "%" + pattern
		}
		if c.Operator != user.EndsWith {
			pattern += "%"
		}
		s.where = append(s.where, column+" like "+s.placeholder(pattern, user.Text))
	default:
		s.where = append(s.where, column+" "+comparisons[c.Operator]+" "+s.placeholder(c.Values[0], c.Field.Kind))
	}
}

func (s *statement) addMembership(column string, c user.Condition) {
	among := make([]string, 0, len(c.Values))
	for _, value := range c.Values {
		among = append(among, s.placeholder(value, c.Field.Kind))
	}
	switch inside := c.Operator == user.In; {
	case len(among) == 0:
		s.where = append(s.where, fmt.Sprint(!inside))
	case inside:
		s.where = append(s.where, column+" in ("+strings.Join(among, ", ")+")")
	default:
		s.where = append(s.where, column+" not in ("+strings.Join(among, ", ")+")")
	}
}

func columnOf(f user.Field) string {
	if column, special := fieldColumns[f.Name]; special {
		return column
	}
	return "u." + f.Name
}

// Select implements user.Store.
func (s *Users) Select(ctx context.Context, wanted user.Selection) ([]user.User, int, error) {
	st := &statement{where: []string{"$1::timestamptz is not null"}, args: []any{wanted.At}}
	for _, c := range wanted.Conditions {
		st.add(c)
	}
	from := "\n\tfrom users u\n\twhere " + strings.Join(st.where, "\n\t  and ")
	var total int
	if err := s.pool.QueryRow(ctx, "select count(*)"+from, st.args...).Scan(&total); err != nil {
		return nil, 0, reported("count users", err)
	}
	direction := " asc"
	if wanted.Descending {
		direction = " desc"
	}
	list := fmt.Sprintf("select %s%s\n\torder by %s%s, u.id%s\n\tlimit $%d\n\toffset $%d",
		listColumns, from, columnOf(wanted.By), direction, direction, len(st.args)+1, len(st.args)+2)
	rows, err := s.pool.Query(ctx, list, append(st.args, wanted.Max, wanted.Skip)...)
	if err != nil {
		return nil, 0, reported("select users", err)
	}
	found, err := pgx.CollectRows(rows, asUser)
	return found, total, reported("select users", err)
}
