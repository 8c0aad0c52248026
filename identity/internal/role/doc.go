// Package role owns what users may do: roles, the permissions they hold, and who has
// which role.
//
// Invariants: everybody has the role user; admin holds every permission and nothing
// else can; somebody who is not banned is always administrator once anybody was; nobody
// creates, changes, gives or takes a role that holds more than they hold themselves.
//
// Next door: user owns the people, postgres keeps both.
package role
