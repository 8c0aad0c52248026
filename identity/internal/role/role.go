package role

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The built-in roles, and the permission that stands for all.
const (
	User       = "user"
	Admin      = "admin"
	Everything = "*"
)

// What the rules and the store report; the service translates them for callers.
var (
	ErrUnknown    = errors.New("no such role")
	ErrTaken      = errors.New("role exists already")
	ErrInUse      = errors.New("role is held by users")
	ErrBuiltIn    = errors.New("role is built in")
	ErrName       = errors.New("not a role name")
	ErrPermission = errors.New("not a permission")
)

// Role is a named set of permissions.
type Role struct {
	Name        string
	Permissions Permissions
	BuiltIn     bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

const (
	maxPermissions = 100
	maxName        = 63 // bytes of a role's name, of a thing's and of a verb's
)

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

func isName(text string) bool { return len(text) <= maxName && namePattern.MatchString(text) }

// isPermission reports whether text is "thing:verb".
func isPermission(text string) bool {
	thing, verb, _ := strings.Cut(text, ":")
	return isName(thing) && isName(verb)
}

// ParseName returns name if a role can be called so, else ErrName.
func ParseName(name string) (string, error) {
	if !isName(name) {
		return "", ErrName
	}
	return name, nil
}

// Permissions is a set of permissions, ordered and without repetition.
type Permissions []string

// ParsePermissions returns the set of the given permissions, each "thing:verb", or
// ErrPermission. Everything is not among what may be given: it is admin's alone.
func ParsePermissions(list []string) (Permissions, error) {
	if len(list) > maxPermissions {
		return nil, ErrPermission
	}
	for _, p := range list {
		if !isPermission(p) {
			return nil, ErrPermission
		}
	}
	set := slices.Clone(list)
	slices.Sort(set)
	return append(Permissions{}, slices.Compact(set)...), nil
}

// Hold reports whether the set contains the permission, by name or by Everything.
// Nothing holds a permission that is not well formed.
func (p Permissions) Hold(permission string) bool {
	if permission == Everything {
		return slices.Contains(p, Everything)
	}
	return isPermission(permission) &&
		(slices.Contains(p, Everything) || slices.Contains(p, permission))
}

// Cover reports whether the set holds every permission of other.
func (p Permissions) Cover(other Permissions) bool {
	return !slices.ContainsFunc(other, func(permission string) bool { return !p.Hold(permission) })
}
