package token_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
)

func access() token.AccessClaims {
	return token.AccessClaims{
		Subject: "u1", SID: "s1", ClientID: "c1", Scope: []string{"openid", "profile"}, Roles: []string{"admin", "user"},
		AMR: []string{"pwd"}, AuthTime: now().Add(-time.Hour),
	}
}

// TestMint_Access is RFC 9068, section 2.
//
// Covers ASVS V9.2.4.
func TestMint_Access(t *testing.T) {
	t.Parallel()
	raw, err := mint(now).Access(t.Context(), access())
	if err != nil {
		t.Fatal(err)
	}
	gotHeader, got := decode(t, raw)
	if want := `{"alg":"EdDSA","kid":"K1","typ":"at+jwt"}`; gotHeader != want {
		t.Errorf("header is %s, want %s", gotHeader, want)
	}
	if id, ok := got["jti"].(string); !ok || len(id) < 22 {
		t.Errorf("jti is %v, want 128 random bits or more", got["jti"])
	}
	delete(got, "jti")
	want := object{
		"iss": issuer, "aud": issuer, "sub": "u1", "sid": "s1", "client_id": "c1", "scope": "openid profile",
		"roles": []any{"admin", "user"}, "amr": []any{"pwd"}, "auth_time": float64(now().Add(-time.Hour).Unix()),
		"iat": float64(now().Unix()), "exp": float64(now().Add(5 * time.Minute).Unix()), "rs": 0.0, "ri": 0.0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	back, err := mint(now).Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	expected := access()
	expected.Expires = now().Add(5 * time.Minute)
	if diff := cmp.Diff(expected, back, cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("Verify (-want +got):\n%s", diff)
	}
}

func TestMint_AccessOfLittle(t *testing.T) {
	t.Parallel()
	raw, err := mint(now).Access(t.Context(), token.AccessClaims{Subject: "u1", SID: "s1", ClientID: "c1", AuthTime: now()})
	if err != nil {
		t.Fatal(err)
	}
	_, got := decode(t, raw)
	if diff := cmp.Diff([]any{[]any{}, []any{}, nil}, []any{got["roles"], got["amr"], got["scope"]}); diff != "" {
		t.Errorf("roles, amr and scope of none (-want +got):\n%s", diff)
	}
}

// TestMint_AccessTooLarge is ASVS V4.2.5: a thousand roles do not make a token that no
// header can carry.
func TestMint_AccessTooLarge(t *testing.T) {
	t.Parallel()
	c := access()
	for i := range 1000 {
		c.Roles = append(c.Roles, fmt.Sprintf("role-%d", i))
	}
	if raw, err := mint(now).Access(t.Context(), c); !errors.Is(err, token.ErrTooLarge) || raw != "" {
		t.Errorf("Access = %d bytes, %v; want ErrTooLarge", len(raw), err)
	}
}

// TestMint_Client is section 19 of the wire contract, and the claim sid beside it.
func TestMint_Client(t *testing.T) {
	t.Parallel()
	raw, err := mint(now).Client(t.Context(), token.ClientClaims{
		Subject: "u1", SID: "s1", Epochs: token.Epochs{Own: 7, Identity: 9}, Actor: &token.Actor{Subject: "a1"},
		ID: "u1", Name: "Ada <&>", EmailVerified: true, Role: "user",
	})
	if err != nil {
		t.Fatal(err)
	}
	gotHeader, got := decode(t, raw)
	if want := `{"alg":"EdDSA","kid":"K1"}`; gotHeader != want {
		t.Errorf("header is %s, want %s: no typ", gotHeader, want)
	}
	want := object{
		"id": "u1", "name": "Ada <&>", "email": "", "emailVerified": true, "image": nil, "createdAt": "", "updatedAt": "", "twoFactorEnabled": false,
		"role": "user", "banned": false, "banReason": nil, "banExpires": nil, "username": nil, "displayUsername": nil,
		"isAnonymous": false, "phoneNumber": nil, "phoneNumberVerified": nil,
		"sid": "s1", "rs": 7.0, "ri": 9.0, "act": object{"sub": "a1"}, "sub": "u1", "iss": issuer, "aud": issuer,
		"iat": float64(now().Unix()), "exp": float64(now().Add(15 * time.Minute).Unix()),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	if _, err := mint(now).Verify(t.Context(), raw); !errors.Is(err, token.ErrAccess) {
		t.Errorf("as an access token: %v, want ErrAccess (ASVS V9.2.2)", err)
	}
}

func TestMint_JWKS(t *testing.T) {
	t.Parallel()
	got, err := mint(now).JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"keys":[{"alg":"EdDSA","crv":"Ed25519","x":%q,"kty":"OKP","kid":"K0"},{"alg":"EdDSA","crv":"Ed25519","x":%q,"kty":"OKP","kid":"K1"}]}`,
		ring().former.X(), ring().current.X())
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("JWKS (-want +got):\n%s", diff)
	}
}
