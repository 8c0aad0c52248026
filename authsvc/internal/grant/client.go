package grant

import "github.com/gatehouse-auth/gatehouse/shared/fault"

// FirstParty is the built-in public client: the installation's own applications.
const FirstParty = "first-party"

// ErrInvalidClient is the answer to a client that is unknown or did not authenticate as
// it must (RFC 6749, section 5.2).
var ErrInvalidClient = fault.New(fault.Unauthenticated, "invalid_client", "The client is unknown or did not authenticate.")

// Client is an OAuth client, as the request names it.
type Client struct {
	ID     string
	Secret string // empty for a public client
}

// Authenticate returns the client's id. There is one client so far, which is public: a
// secret for it is a mistake that must not pass as authentication.
func Authenticate(c Client) (string, error) {
	if c.ID == "" {
		c.ID = FirstParty
	}
	if c.ID != FirstParty || c.Secret != "" {
		return "", ErrInvalidClient
	}
	return c.ID, nil
}
