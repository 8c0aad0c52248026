// Package gatewaytest gives tests the modules behind the gateway, written by hand: an
// authsvc and an identity that answer what a test says, and a directory of mounts.
package gatewaytest
