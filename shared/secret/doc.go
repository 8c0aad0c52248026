// Package secret holds values that must never be printed, and derives keys from
// one root secret.
package secret
