package token_test

import (
	"crypto/ed25519"
	"crypto/sha512"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
)

func TestMint_VerifyAccepts(t *testing.T) {
	t.Parallel()
	former := func(input []byte) []byte { return ed25519.Sign(ring().former.Private, input) }
	for name, raw := range map[string]string{
		"a good token":                   forge(t, header(nil), claims(nil), good),
		"one of the former key":          forge(t, header(object{"kid": "K0"}), claims(nil), former),
		"an audience list that names us": forge(t, header(nil), claims(object{"aud": []string{"https://other.example", issuer}}), good),
		"one of a clock that runs ahead": forge(t, header(nil), claims(object{"iat": now().Add(9 * time.Second).Unix()}), good),
		"one in its last second":         forge(t, header(nil), claims(object{"exp": now().Add(time.Second).Unix()}), good),
	} {
		if got, err := mint(now).Verify(t.Context(), raw); err != nil || got.Subject != "u1" || got.SID != "s1" {
			t.Errorf("%s: Verify = %+v, %v", name, got, err)
		}
	}
}

// TestMint_VerifyRefusesClaims drops and bends each claim in turn (past vulnerabilities 64,
// CVE-2020-26160, and 65, CVE-2026-55669; ASVS V9.2).
//
// Covers ASVS V9.2.1, V9.2.3, V10.3.1.
func TestMint_VerifyRefusesClaims(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string]object{
		"no iss":                  {"iss": nil},
		"another iss":             {"iss": "https://evil.example"},
		"iss with a slash":        {"iss": issuer + "/"},
		"iss in a list":           {"iss": []string{issuer}},
		"no aud":                  {"aud": nil},
		"another aud":             {"aud": "https://other.example"},
		"aud an empty text":       {"aud": ""},
		"aud an empty list":       {"aud": []string{}},
		"aud a list of others":    {"aud": []string{"a", "b"}},
		"aud a number":            {"aud": 1},
		"aud an object":           {"aud": object{"0": issuer}},
		"aud a list of numbers":   {"aud": []any{1, issuer}},
		"aud a list in a list":    {"aud": []any{[]any{issuer}}},
		"no sub":                  {"sub": nil},
		"an empty sub":            {"sub": ""},
		"sub a number":            {"sub": 1},
		"no exp":                  {"exp": nil},
		"exp a text":              {"exp": "9999999999"},
		"exp beyond numbers":      {"exp": 1e300},
		"exp below zero":          {"exp": -1},
		"exp zero":                {"exp": 0},
		"expired this second":     {"exp": now().Unix()},
		"expired":                 {"exp": now().Add(-time.Minute).Unix()},
		"no iat":                  {"iat": nil},
		"issued tomorrow":         {"iat": now().Add(24 * time.Hour).Unix()},
		"not before tomorrow":     {"nbf": now().Add(24 * time.Hour).Unix()},
		"nbf beyond numbers":      {"nbf": 9.3e18},
		"no jti":                  {"jti": nil},
		"no sid":                  {"sid": nil},
		"no client_id":            {"client_id": nil},
		"roles a text":            {"roles": "admin"},
		"auth_time a text":        {"auth_time": "now"},
		"a purpose of mail":       {"aud": nil, "email": "a@b.example", "userId": "u1"},
		"claims in another case ": {"sub": nil, "SUB": "u1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := mint(now).Verify(t.Context(), forge(t, header(nil), claims(changes), good)); !errors.Is(err, token.ErrAccess) || got.Subject != "" {
				t.Errorf("Verify = %+v, %v; want ErrAccess", got, err)
			}
		})
	}
}

// TestMint_VerifyRefusesHeaders is ASVS V9.1.2 and V9.1.3: algorithms, types and keys are
// ours to choose, never the token's.
func TestMint_VerifyRefusesHeaders(t *testing.T) {
	t.Parallel()
	evil := key("K1", 9)
	evilSign := func(input []byte) []byte { return ed25519.Sign(evil.Private, input) }
	jwk := object{"kty": "OKP", "crv": "Ed25519", "x": evil.X(), "kid": "K1"}
	public := ring().current.Public
	for name, raw := range map[string]string{
		"alg none":                       forge(t, header(object{"alg": "none"}), claims(nil), unsigned),
		"alg None":                       forge(t, header(object{"alg": "None"}), claims(nil), unsigned),
		"alg nOnE with a signature":      forge(t, header(object{"alg": "nOnE"}), claims(nil), good),
		"no alg":                         forge(t, header(object{"alg": nil}), claims(nil), good),
		"alg an empty text":              forge(t, header(object{"alg": ""}), claims(nil), good),
		"alg in lower case":              forge(t, header(object{"alg": "eddsa"}), claims(nil), good),
		"HS256 under the public key":     forge(t, header(object{"alg": "HS256"}), claims(nil), hs256(public)),
		"HS256 under its text":           forge(t, header(object{"alg": "HS256"}), claims(nil), hs256([]byte(ring().current.X()))),
		"EdDSA header over an HMAC":      forge(t, header(nil), claims(nil), hs256(public)),
		"RS256 with our kid":             forge(t, header(object{"alg": "RS256"}), claims(nil), good),
		"no signature":                   forge(t, header(nil), claims(nil), unsigned),
		"a signature of zeros":           forge(t, header(nil), claims(nil), func([]byte) []byte { return make([]byte, 64) }),
		"a signature over a digest":      forge(t, header(nil), claims(nil), func(in []byte) []byte { d := sha512.Sum512(in); return good(d[:]) }),
		"a longer signature":             forge(t, header(nil), claims(nil), func(in []byte) []byte { return append(good(in), 0) }),
		"another key of our kid":         forge(t, header(nil), claims(nil), evilSign),
		"a key in the header":            forge(t, header(object{"jwk": jwk}), claims(nil), evilSign),
		"a key behind jku":               forge(t, header(object{"jku": "https://evil.example/jwks"}), claims(nil), evilSign),
		"a key behind x5u":               forge(t, header(object{"x5u": "https://evil.example/cert"}), claims(nil), evilSign),
		"a kid that is a path":           forge(t, header(object{"kid": "../../dev/null"}), claims(nil), evilSign),
		"a kid that is SQL":              forge(t, header(object{"kid": "x' or '1'='1"}), claims(nil), evilSign),
		"a kid that nobody knows":        forge(t, header(object{"kid": "K2"}), claims(nil), good),
		"the kid of the other key":       forge(t, header(object{"kid": "K0"}), claims(nil), good),
		"no kid":                         forge(t, header(object{"kid": nil}), claims(nil), good),
		"typ JWT":                        forge(t, header(object{"typ": "JWT"}), claims(nil), good),
		"no typ":                         forge(t, header(object{"typ": nil}), claims(nil), good),
		"typ a list":                     forge(t, header(object{"typ": []string{"at+jwt"}}), claims(nil), good),
		"a critical extension":           forge(t, header(object{"crit": []string{"x"}, "x": 1}), claims(nil), good),
		"alg twice":                      forge(t, `{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"K1"}`, claims(nil), good),
		"sub twice":                      forge(t, header(nil), `{"sub":"u1","sub":"admin","iss":"`+issuer+`","aud":"`+issuer+`","iat":1,"exp":9999999999,"jti":"j","sid":"s","client_id":"c"}`, good),
		"claims that are a list":         forge(t, header(nil), `[]`, good),
		"claims that are null":           forge(t, header(nil), `null`, good),
		"claims that are no JSON":        forge(t, header(nil), `{`, good),
		"claims with something after it": forge(t, header(nil), `{}{}`, good),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := mint(now).Verify(t.Context(), raw); !errors.Is(err, token.ErrAccess) || got.Subject != "" {
				t.Errorf("Verify = %+v, %v; want ErrAccess", got, err)
			}
		})
	}
}

// TestMint_VerifyRefusesShapes holds what is parsed to compact JWS of bounded size (past
// vulnerabilities 63, CVE-2025-30204 and CVE-2025-27144, and 67, CVE-2024-28180).
//
// Covers ASVS V9.2.2.
func TestMint_VerifyRefusesShapes(t *testing.T) {
	t.Parallel()
	raw := forge(t, header(nil), claims(nil), good)
	parts := strings.Split(raw, ".")
	bomb := strings.Repeat(".", 1<<20)
	jwe := segment(t, object{"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "zip": "DEF", "p2c": 1 << 30, "p2s": "AAAA"}) + ".AAAA.AAAA.AAAA.AAAA"
	for name, shape := range map[string]string{
		"nothing":                 "",
		"an opaque token":         "0123456789abcdefghijABCDEFGHIJ0123456789xyz",
		"a megabyte of dots":      bomb,
		"eight kilobytes of dots": bomb[:8<<10],
		"a megabyte of claims":    forge(t, header(nil), claims(object{"x": strings.Repeat("x", 1<<20)}), good),
		"a JWE bomb":              jwe,
		"a JWE of one recipient":  segment(t, object{"alg": "dir", "enc": "A256GCM"}) + "..AAAA.AAAA.AAAA",
		"a JWS in JSON":           fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, parts[1], parts[0], parts[2]),
		"no payload":              parts[0] + ".." + parts[2],
		"a part too many":         raw + ".AAAA",
		"a dot too many":          raw + ".",
		"padding":                 raw + "=",
		"a space in front":        " " + raw,
		"a line end behind":       raw + "\n",
		"standard base64":         strings.NewReplacer("-", "+", "_", "/").Replace(parts[0]+"."+parts[1]+".") + "+/" + parts[2][2:],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := mint(now).Verify(t.Context(), shape); !errors.Is(err, token.ErrAccess) || got.Subject != "" {
				t.Errorf("Verify = %+v, %v; want ErrAccess", got, err)
			}
		})
	}
}

// TestMint_VerifyIsCheapForBombs is not parallel: it counts allocations.
func TestMint_VerifyIsCheapForBombs(t *testing.T) { //nolint:paralleltest // counts allocations
	m, bomb := mint(now), strings.Repeat(".", 1<<20)
	proofs := mail(now)
	if n := testing.AllocsPerRun(20, func() {
		_, err := m.Verify(t.Context(), bomb)
		_, errMail := proofs.Parse(bomb)
		if err == nil || errMail == nil {
			t.Fatal("a megabyte of dots is a token")
		}
	}); n > 2 {
		t.Errorf("refusing a megabyte of dots takes %.0f allocations", n)
	}
}

// TestMint_VerifyRefusesChanges flips bits of every byte of a token (past vulnerability 69). The
// last character of a base64 segment may have bits that carry nothing; those must not count.
//
// Covers ASVS V9.1.1.
func TestMint_VerifyRefusesChanges(t *testing.T) {
	t.Parallel()
	raw := forge(t, header(nil), claims(nil), good)
	for i := range raw {
		for _, bit := range []int{0, 1, 5} {
			changed := []byte(raw)
			changed[i] ^= 1 << bit
			if _, err := mint(now).Verify(t.Context(), string(changed)); !errors.Is(err, token.ErrAccess) {
				t.Fatalf("byte %d, bit %d changed: %v, want ErrAccess", i, bit, err)
			}
		}
	}
}

func TestMint_VerifyEndsWithTheToken(t *testing.T) {
	t.Parallel()
	raw, err := mint(now).Access(t.Context(), access())
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]error{
		token.AccessLife - time.Second: nil, token.AccessLife: token.ErrAccess, token.AccessLife + time.Hour: token.ErrAccess, -time.Minute: token.ErrAccess,
	} {
		if _, err := mint(at(after)).Verify(t.Context(), raw); !errors.Is(err, want) {
			t.Errorf("%v after: %v, want %v", after, err, want)
		}
	}
}

// FuzzMint_Verify proves that nothing but a token we signed verifies.
func FuzzMint_Verify(f *testing.F) {
	signed := []string{forge(f, header(nil), claims(nil), good), forge(f, header(nil), claims(object{"aud": []string{issuer}}), good)}
	for _, raw := range signed {
		f.Add(raw)
	}
	f.Add(forge(f, header(object{"alg": "none"}), claims(nil), unsigned))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, raw string) {
		if got, err := mint(now).Verify(t.Context(), raw); err == nil && !slices.Contains(signed, raw) {
			t.Errorf("%q verifies as %+v", raw, got)
		}
	})
}
