// Package postgres keeps the log in the audit schema.
package postgres
