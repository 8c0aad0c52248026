package scenario

import (
	"context"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
)

const sessionPath = "/api/auth/get-session"

func bare(_ context.Context, v *Visitor) (load.Script, error) {
	return newFixed(v.address, call{method: http.MethodGet, path: sessionPath}, `"session"`), nil
}

func session(ctx context.Context, v *Visitor) (load.Script, error) {
	account, err := v.signedUp(ctx)
	if err != nil {
		return nil, err
	}
	return newFixed(v.address, call{method: http.MethodGet, path: sessionPath, cookie: account.Cookie}, account.Email), nil
}

func guarded(ctx context.Context, v *Visitor) (load.Script, error) {
	tokens, err := v.exchange(ctx)
	if err != nil {
		return nil, err
	}
	return newFixed(v.address, call{method: http.MethodGet, path: "/api/v1/gateway/caller", authorization: "Bearer " + tokens.Access}, `"sub":"`), nil
}

func profile(ctx context.Context, v *Visitor) (load.Script, error) {
	tokens, err := v.exchange(ctx)
	if err != nil {
		return nil, err
	}
	return newFixed(v.address, call{method: http.MethodGet, path: "/api/v1/me", authorization: "Bearer " + tokens.Access}, v.email("")), nil
}

func guardedBySession(ctx context.Context, v *Visitor) (load.Script, error) {
	account, err := v.signedUp(ctx)
	if err != nil {
		return nil, err
	}
	return newFixed(v.address, call{method: http.MethodGet, path: sessionPath, authorization: "Bearer " + account.Session}, account.Email), nil
}

func mint(ctx context.Context, v *Visitor) (load.Script, error) {
	account, err := v.signedUp(ctx)
	if err != nil {
		return nil, err
	}
	// Every JWT begins with the Base64 of `{"`.
	return newFixed(v.address, call{method: http.MethodGet, path: "/api/auth/token", cookie: account.Cookie}, `"token":"eyJ`), nil
}

func guardedByJose(ctx context.Context, v *Visitor) (load.Script, error) {
	var answer struct {
		Token string `json:"token"`
	}
	if _, err := v.ask(ctx, call{method: http.MethodGet, path: "/token"}, &answer); err != nil {
		return nil, err
	}
	return newFixed(v.address, call{method: http.MethodGet, path: "/guarded", authorization: "Bearer " + answer.Token}, `"sub":"`), nil
}
