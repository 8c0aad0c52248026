package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
)

func signIn(ctx context.Context, v *Visitor) (load.Script, error) {
	account, err := v.signedUp(ctx)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string]string{"email": account.Email, "password": account.Password})
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	return newFixed(v.address, call{method: http.MethodPost, path: "/api/auth/sign-in/email", media: mediaJSON, body: body}, `"token":"`), nil
}

// newcomers signs up somebody new each time.
type newcomers struct {
	visitor *Visitor
	count   int
}

func signUp(_ context.Context, v *Visitor) (load.Script, error) { return &newcomers{visitor: v}, nil }

// Next implements load.Script.
func (n *newcomers) Next(buf []byte) []byte {
	n.count++
	email := n.visitor.email(fmt.Sprintf("-%d", n.count))
	body := fmt.Appendf(nil, `{"name":"A Newcomer","email":%q,"password":%q}`, email, password)
	return call{method: http.MethodPost, path: "/api/auth/sign-up/email", media: mediaJSON, body: body}.append(buf, n.visitor.address)
}

// Take implements load.Script.
func (n *newcomers) Take(status int, body []byte) error {
	if status != http.StatusOK {
		return unexpected(status, body)
	}
	return nil
}

// rotation refreshes with the token that the last refresh gave.
type rotation struct {
	address string
	token   string
}

func refresh(ctx context.Context, v *Visitor) (load.Script, error) {
	tokens, err := v.exchange(ctx)
	if err != nil {
		return nil, err
	}
	return &rotation{address: v.address, token: tokens.Refresh}, nil
}

// Next implements load.Script.
func (r *rotation) Next(buf []byte) []byte {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {r.token}, "client_id": {"first-party"}}
	return call{method: http.MethodPost, path: tokenPath, media: mediaForm, body: []byte(form.Encode())}.append(buf, r.address)
}

// Take implements load.Script.
func (r *rotation) Take(status int, body []byte) error {
	if status != http.StatusOK {
		return unexpected(status, body)
	}
	var next pair
	if err := json.Unmarshal(body, &next); err != nil {
		return fmt.Errorf("refresh: %w", err)
	}
	if next.Refresh == "" || next.Refresh == r.token {
		return errors.New("refresh: the answer holds no new refresh token")
	}
	r.token = next.Refresh
	return nil
}
