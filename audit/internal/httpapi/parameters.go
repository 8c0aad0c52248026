package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-auth/gatehouse/audit/internal/ledger"
)

const maxParameter = 200 // bytes

// parameters returns the query parameters of a request by name, or a fault that says what
// is wrong with them: one that the route does not have, that is given twice, that is too
// long, or that no text in the log can equal. A filter that is misspelt must not answer
// with what it should have kept out.
func parameters(r *http.Request, allowed ...string) (map[string]string, error) {
	all, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, ledger.ErrBadRequest.WithMessage("The query is not well encoded.").With(err)
	}
	values := make(map[string]string, len(all))
	for name, given := range all {
		quoted := strconv.Quote(name)
		switch {
		case !slices.Contains(allowed, name):
			return nil, ledger.ErrBadRequest.WithMessage(quoted + " is not a parameter of this route.")
		case len(given) > 1:
			return nil, ledger.ErrBadRequest.WithMessage(quoted + " is given twice.")
		case len(given[0]) > maxParameter:
			return nil, ledger.ErrBadRequest.WithMessage(quoted + " must be at most " + strconv.Itoa(maxParameter) + " bytes long.")
		case !utf8.ValidString(given[0]) || strings.ContainsRune(given[0], 0):
			return nil, ledger.ErrBadRequest.WithMessage(quoted + " must be text in UTF-8 without NUL characters.")
		}
		values[name] = given[0]
	}
	return values, nil
}
