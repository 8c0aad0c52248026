package breach

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
)

const (
	prefixLength = 5
	askTimeout   = 5 * time.Second
	maxAnswer    = 1 << 20 // a padded answer has about 40 KiB
)

// Range asks a range service. It is safe for concurrent use.
type Range struct {
	base string
	http *http.Client
}

var _ password.Breaches = (*Range)(nil)

// NewRange returns a Range for the service at base, below which the prefixes are. It asks
// nothing yet.
func NewRange(base string) (*Range, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errors.New("must be a URL such as https://api.pwnedpasswords.com/range")
	}
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Range{strings.TrimSuffix(base, "/"), &http.Client{Timeout: askTimeout, CheckRedirect: noRedirect}}, nil
}

// Breached implements password.Breaches.
func (r *Range) Breached(ctx context.Context, plain string) (bool, error) {
	sum := digest(plain)
	found, err := r.ask(ctx, sum[:prefixLength], sum[prefixLength:])
	if err != nil {
		return false, ErrUnavailable.With(fmt.Errorf("ask for breached passwords: %w", err))
	}
	return found, nil
}

func (r *Range) ask(ctx context.Context, prefix, suffix string) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+"/"+prefix, nil)
	if err != nil {
		return false, errors.New("the URL is none")
	}
	request.Header.Set("Add-Padding", "true")
	request.Header.Set("User-Agent", "Gatehouse")
	answer, err := r.http.Do(request)
	if err != nil {
		return false, cause(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return false, fmt.Errorf("status %d", answer.StatusCode)
	}
	return search(io.LimitReader(answer.Body, maxAnswer), suffix)
}

// cause leaves out the URL, which has the prefix in it.
func cause(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

// search looks for a suffix in an answer of lines SUFFIX:COUNT. A count of 0 is padding.
// All of it must make sense: half an answer is no verdict.
func search(answer io.Reader, suffix string) (bool, error) {
	found, lines := false, bufio.NewScanner(answer)
	n := 0
	for ; lines.Scan(); n++ {
		have, text, ok := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		count, err := strconv.ParseUint(text, 10, 53)
		if !ok || err != nil || len(have) != len(suffix) {
			return false, errors.New("the answer is no list of hashes")
		}
		found = found || count > 0 && strings.EqualFold(have, suffix)
	}
	if n == 0 {
		return false, errors.New("the answer is empty")
	}
	return found, lines.Err()
}
