package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
)

// Faults of requests.
var (
	errAnonymous = fault.New(fault.Unauthenticated, "identity.unauthenticated", "Sign in first.")
	errQuery     = fault.New(fault.Invalid, "identity.query_invalid", "")
)

// caller returns who is calling. Without a principal, or with one that is not a user,
// nobody is.
func caller(r *http.Request) (user.ID, error) {
	p, ok := principal.From(r.Context())
	if !ok {
		return "", errAnonymous
	}
	id, err := user.ParseID(p.Subject)
	if err != nil {
		return "", errAnonymous
	}
	return id, nil
}

// pathUser returns the user id in the path.
func pathUser(r *http.Request) (user.ID, error) {
	id, err := user.ParseID(r.PathValue("id"))
	if err != nil {
		return "", identityapi.ErrUserIDInvalid
	}
	return id, nil
}

// What the paging parameters mean, for the API document.
const (
	limitMeaning  = "entries on a page, 1 to 100; 50 if absent"
	cursorMeaning = "next of the page before; absent for the first page"
)

const (
	defaultLimit = 50
	maxLimit     = 100
)

// query returns the parameters of the query string, of which only the given ones may
// appear, once each.
func query(r *http.Request, allowed ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errQuery.WithMessage("The query string cannot be read.").With(err)
	}
	for name, given := range values {
		if !slices.Contains(allowed, name) {
			return nil, errQuery.WithMessage("This route does not know one of the query parameters.")
		}
		if len(given) > 1 {
			return nil, errQuery.WithMessage("The query parameter " + name + " was given more than once.")
		}
	}
	return values, nil
}

// limit returns the size of the page that the query asks for.
func limit(values url.Values) (int, error) {
	text := values.Get("limit")
	if text == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, errQuery.WithMessage("limit must be a number from 1 to 100.")
	}
	return n, nil
}
