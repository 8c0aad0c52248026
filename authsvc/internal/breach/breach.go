package breach

import (
	"crypto/sha1" //nolint:gosec // the format of the lists, not a protection
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// ErrUnavailable means that nobody could say whether a password is known.
var ErrUnavailable = fault.New(fault.Unavailable, "UNKNOWN_ERROR", "Failed to check password. Please try again later.").WithRetryAfter(5 * time.Second)

// Open returns what place names: a range service by its URL, a list by its file, nil if
// place is empty. It asks nothing yet; of a list it checks that it can be searched.
func Open(place string) (password.Breaches, error) {
	switch scheme, _, isURL := strings.Cut(place, "://"); {
	case place == "":
		return nil, nil
	case !isURL:
		return OpenList(place)
	case scheme != "https" && scheme != "http":
		return nil, errors.New("must be an http or https URL, or a file")
	}
	return NewRange(place)
}

// digest is the SHA-1 of a password as the lists write it: upper-case hexadecimal.
func digest(plain string) string {
	sum := sha1.Sum([]byte(plain)) //nolint:gosec // see above
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}
