package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// params are the costs of argon2id (RFC 9106, section 3.1).
type params struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// current returns the costs of new hashes: 19 MiB, two passes, one thread (OWASP).
func current() params { return params{memory: 19 << 10, passes: 2, threads: 1} }

const (
	saltLength = 16 // bytes
	keyLength  = 32 // bytes
)

// Bounds on what a stored hash may ask for: a row must not be able to stop the process.
const (
	maxMemory  = 128 << 10 // KiB
	maxPasses  = 10
	maxThreads = 4
	maxPart    = 128 // bytes of salt or key
	maxEncoded = 512
)

var (
	errFormat = errors.New("stored password hash has an unknown format")
	errCosts  = errors.New("stored password hash asks for more than it may cost")
)

// argonHash is an argon2id hash taken apart.
type argonHash struct {
	params
	salt, key []byte
}

// String returns the hash as a PHC string.
func (h argonHash) String() string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", h.memory, h.passes, h.threads,
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.key))
}

// parseArgon reads a PHC string in the one form that String writes. It refuses costs that
// are out of bounds.
func parseArgon(encoded string) (argonHash, error) {
	if len(encoded) > maxEncoded {
		return argonHash{}, errFormat
	}
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return argonHash{}, errFormat
	}
	var h argonHash
	var err error
	if h.params, err = parseParams(parts[3]); err != nil {
		return argonHash{}, err
	}
	strict := base64.RawStdEncoding.Strict()
	salt, errSalt := strict.DecodeString(parts[4])
	key, errKey := strict.DecodeString(parts[5])
	if errSalt != nil || errKey != nil || len(salt) < 8 || len(salt) > maxPart || len(key) < 16 || len(key) > maxPart {
		return argonHash{}, errFormat
	}
	h.salt, h.key = salt, key
	if h.String() != encoded { // leading zeros, line ends, another order
		return argonHash{}, errFormat
	}
	return h, nil
}

func parseParams(text string) (params, error) {
	var costs [3]uint64
	parts := strings.Split(text, ",")
	if len(parts) != len(costs) {
		return params{}, errFormat
	}
	for i, name := range []string{"m=", "t=", "p="} {
		value, found := strings.CutPrefix(parts[i], name)
		n, err := strconv.ParseUint(value, 10, 32)
		if !found || err != nil {
			return params{}, errFormat
		}
		costs[i] = n
	}
	m, t, p := costs[0], costs[1], costs[2]
	if t < 1 || p < 1 || m < 8*p { // RFC 9106, section 3.1
		return params{}, errFormat
	}
	if m > maxMemory || t > maxPasses || p > maxThreads {
		return params{}, errCosts
	}
	return params{memory: uint32(m), passes: uint32(t), threads: uint8(p)}, nil //nolint:gosec // bounded above
}
