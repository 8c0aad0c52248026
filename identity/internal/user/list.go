package user

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// Field is something that users can be selected and ordered by.
type Field struct {
	Name string
	Kind Kind
}

// Kind says how values of a field are written and compared.
type Kind int

// The kinds.
const (
	Text Kind = iota
	Truth
	Time
	Name // of a row: compared by equality and order only
)

// fields is what users can be selected and ordered by: nothing else ever is.
var fields = []Field{
	{"id", Name},
	{"email", Text},
	{"email_verified", Truth},
	{"name", Text},
	{"username", Text},
	{"display_username", Text},
	{"phone_number", Text},
	{"phone_number_verified", Truth},
	{"anonymous", Truth},
	{"locale", Text},
	{"role", Text},
	{"banned", Truth},
	{"ban_reason", Text},
	{"ban_expires", Time},
	{"created_at", Time},
	{"updated_at", Time},
}

// ParseField returns the field of the name, or ErrList.
func ParseField(name string) (Field, error) {
	for _, f := range fields {
		if f.Name == name {
			return f, nil
		}
	}
	return Field{}, ErrList
}

// Operator compares a field with values.
type Operator string

// The operators.
const (
	Equal          Operator = "eq"
	NotEqual       Operator = "ne"
	Less           Operator = "lt"
	LessOrEqual    Operator = "lte"
	Greater        Operator = "gt"
	GreaterOrEqual Operator = "gte"
	In             Operator = "in"
	NotIn          Operator = "not_in"
	Contains       Operator = "contains"
	StartsWith     Operator = "starts_with"
	EndsWith       Operator = "ends_with"
)

// Condition is one that users meet or do not. Values fit the field: text, true or false,
// times, ids.
type Condition struct {
	Field    Field
	Operator Operator
	Values   []any
}

const maxValues = 100

// ParseCondition returns the condition that the texts describe, or ErrList.
func ParseCondition(field, operator string, values []string) (Condition, error) {
	f, err := ParseField(field)
	if err != nil {
		return Condition{}, err
	}
	c := Condition{Field: f, Operator: Operator(operator), Values: make([]any, 0, len(values))}
	switch c.Operator {
	case In, NotIn:
		if len(values) > maxValues {
			return Condition{}, ErrList
		}
	case Contains, StartsWith, EndsWith:
		if f.Kind != Text || len(values) != 1 {
			return Condition{}, ErrList
		}
	case Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual:
		if len(values) != 1 {
			return Condition{}, ErrList
		}
	default:
		return Condition{}, ErrList
	}
	for _, text := range values {
		value, err := f.Kind.parse(text)
		if err != nil {
			return Condition{}, err
		}
		c.Values = append(c.Values, value)
	}
	return c, nil
}

// parse returns the value that text is, or ErrList.
func (k Kind) parse(text string) (any, error) {
	switch k {
	case Truth:
		if text != "true" && text != "false" {
			return nil, ErrList
		}
		return text == "true", nil
	case Time:
		for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
			if at, err := time.Parse(layout, text); err == nil {
				return at, nil
			}
		}
		return nil, ErrList
	case Name:
		id, err := ParseID(text)
		if err != nil {
			return nil, ErrList
		}
		return string(id), nil
	case Text:
	}
	if !storable(text) {
		return nil, ErrList
	}
	return text, nil
}

// Selection is a part of the users who meet all conditions.
type Selection struct {
	Conditions []Condition
	By         Field
	Descending bool
	Max        int
	Skip       int
	At         time.Time // when: a ban that has ended by then is none
}

// Search describes a Selection as the contract does.
type Search = identityapi.ListUsersIn

// selection returns what the search describes, or ErrList.
func selection(in Search) (Selection, error) {
	s := Selection{Max: in.Limit, Skip: in.Offset}
	if s.Max == 0 || s.Max > identityapi.MaxListUsers {
		s.Max = identityapi.MaxListUsers
	}
	if s.Max < 0 || s.Skip < 0 {
		return Selection{}, ErrList
	}
	if in.SearchValue != "" {
		c, err := ParseCondition(cmp.Or(in.SearchField, "email"), cmp.Or(in.SearchOperator, "contains"), []string{in.SearchValue})
		if err != nil || !slices.Contains([]string{"email", "name"}, c.Field.Name) ||
			!slices.Contains([]Operator{Contains, StartsWith, EndsWith}, c.Operator) {
			return Selection{}, ErrList
		}
		s.Conditions = append(s.Conditions, c)
	}
	if in.FilterField != "" {
		c, err := ParseCondition(in.FilterField, cmp.Or(in.FilterOperator, "eq"), in.FilterValues)
		if err != nil {
			return Selection{}, err
		}
		s.Conditions = append(s.Conditions, c)
	}
	var err error
	if s.By, err = ParseField(cmp.Or(in.SortBy, "created_at")); err != nil {
		return Selection{}, err
	}
	switch in.SortDirection {
	case "", "asc":
	case "desc":
		s.Descending = true
	default:
		return Selection{}, ErrList
	}
	return s, nil
}

// Search returns a part of the users who match, and how many match in all.
func (s *Service) Search(ctx context.Context, in Search) ([]User, int, error) {
	wanted, err := selection(in)
	if err != nil {
		return nil, 0, crossing(err)
	}
	wanted.At = s.now()
	found, total, err := s.store.Select(ctx, wanted)
	return s.seenNow(found), total, crossing(err)
}

// FindAll returns those of the ids whom there are.
func (s *Service) FindAll(ctx context.Context, ids []ID) ([]User, error) {
	if len(ids) > identityapi.MaxFindUsers {
		return nil, identityapi.ErrListInvalid
	}
	found, err := s.store.FindAll(ctx, ids)
	return s.seenNow(found), crossing(err)
}

func (s *Service) seenNow(found []User) []User {
	for i := range found {
		found[i] = found[i].At(s.now())
	}
	return found
}
