package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// origin is the front end that both systems trust by default.
const origin = "http://localhost:3001"

// Visitor is the person behind one connection.
type Visitor struct {
	address string // host:port of the server
	name    string // unique in the server's database
	client  *http.Client
	account *account
}

// account is what a visitor has after signing up.
type account struct {
	Email, Password string
	Cookie          string // the value of a Cookie header
	Session         string // the session token, for bearer clients
}

// NewVisitor returns somebody without an account. The name becomes part of the e-mail
// address and must be new to the server.
func NewVisitor(address, name string) *Visitor {
	return &Visitor{address: address, name: name, client: &http.Client{Timeout: 30 * time.Second}}
}

func (v *Visitor) email(suffix string) string { return v.name + suffix + "@bench.example" }

const password = "a long enough passphrase, 4711"

// signedUp returns the visitor's account, which the first call creates.
func (v *Visitor) signedUp(ctx context.Context) (*account, error) {
	if v.account != nil {
		return v.account, nil
	}
	made := account{Email: v.email(""), Password: password}
	body, err := json.Marshal(map[string]string{"name": v.name, "email": made.Email, "password": made.Password})
	if err != nil {
		return nil, fmt.Errorf("sign up: %w", err)
	}
	var answer struct {
		Token string `json:"token"`
	}
	cookies, err := v.ask(ctx, call{method: http.MethodPost, path: "/api/auth/sign-up/email", media: mediaJSON, body: body}, &answer)
	if err != nil {
		return nil, fmt.Errorf("sign up: %w", err)
	}
	made.Cookie, made.Session = cookies, answer.Token
	v.account = &made
	return v.account, nil
}

// pair is the answer of the token endpoint (RFC 6749, section 5.1).
type pair struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// exchange turns the visitor's session into a pair of tokens (RFC 8693).
func (v *Visitor) exchange(ctx context.Context) (pair, error) {
	account, err := v.signedUp(ctx)
	if err != nil {
		return pair{}, err
	}
	form := url.Values{
		"grant_type":         {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token":      {account.Session},
		"subject_token_type": {"urn:gatehouse:token-type:session"},
	}
	var tokens pair
	_, err = v.ask(ctx, call{method: http.MethodPost, path: tokenPath, media: mediaForm, body: []byte(form.Encode())}, &tokens)
	if err == nil && (tokens.Access == "" || tokens.Refresh == "") {
		err = errors.New("the answer holds no pair of tokens")
	}
	if err != nil {
		return pair{}, fmt.Errorf("exchange the session: %w", err)
	}
	return tokens, nil
}

// ask sends one request outside the measured load and decodes the answer. It returns the
// cookies that were set, as a Cookie header would send them.
func (v *Visitor) ask(ctx context.Context, c call, answer any) (string, error) {
	request, err := http.NewRequestWithContext(ctx, c.method, "http://"+v.address+c.path, bytes.NewReader(c.body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Origin", origin)
	if c.media != "" {
		request.Header.Set("Content-Type", c.media)
	}
	if c.cookie != "" {
		request.Header.Set("Cookie", c.cookie)
	}
	response, err := v.client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close() //nolint:errcheck // it was read to its end
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", unexpected(response.StatusCode, body)
	}
	var cookies []string
	for _, cookie := range response.Cookies() {
		cookies = append(cookies, cookie.Name+"="+cookie.Value)
	}
	return strings.Join(cookies, "; "), json.Unmarshal(body, answer)
}
