// Package test holds the tests over the whole system: its walls, its shapes, its command
// line and the official client against it. The shapes are started by package shape.
package test
