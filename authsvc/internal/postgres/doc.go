// Package postgres keeps authsvc's data in its schema. Each file holds the store of the
// concept of the same name; statements stand beside the methods that run them.
package postgres
