package bus

import (
	"fmt"
	"regexp"

	"github.com/nats-io/nkeys"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

var modulePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Identity derives the key pair with which a module proves its name to the bus: an
// Ed25519 key (RFC 8032) seeded from the root secret. Every process that knows the root
// can derive it, so there are no credential files to hand out.
func Identity(root secret.Root, module string) (nkeys.KeyPair, error) {
	if !modulePattern.MatchString(module) {
		return nil, fmt.Errorf("bus: %q is not a module name: use lower case letters, digits and underscores", module)
	}
	seed := root.Key("bus/" + module)
	pair, err := nkeys.FromRawSeed(nkeys.PrefixByteUser, seed[:])
	if err != nil {
		return nil, fmt.Errorf("bus: derive the key of %s: %w", module, err)
	}
	return pair, nil
}
