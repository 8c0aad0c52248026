package signingkey

import "encoding/json"

// jwk is a public key as the client protocol publishes it: no use, no key_ops.
type jwk struct {
	Algorithm string `json:"alg"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Type      string `json:"kty"`
	ID        string `json:"kid"`
}

// JWKS returns the public parts of the keys as a JWK Set (RFC 7517, section 5; RFC 8037).
func JWKS(keys []Key) ([]byte, error) {
	set := struct {
		Keys []jwk `json:"keys"`
	}{Keys: make([]jwk, 0, len(keys))}
	for _, key := range keys {
		set.Keys = append(set.Keys, jwk{"EdDSA", "Ed25519", key.X(), "OKP", key.ID})
	}
	return json.Marshal(set)
}
