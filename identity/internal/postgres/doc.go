// Package postgres keeps users and roles in the schema identity.
//
// It translates what PostgreSQL reports into the words of the concept packages: a
// missing row, a taken address, a role in use. Outages become faults here.
//
// Next door: user and role declare the ports that it implements; migrations holds the
// tables.
package postgres
