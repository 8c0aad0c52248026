// Package authn finds out who is calling: access tokens are verified here, with the keys
// that authsvc publishes; cookies and session tokens are resolved by authsvc.
//
// Verification follows RFC 8725: one algorithm, issuer, audience and times all checked,
// sizes bounded before anything is parsed.
package authn
