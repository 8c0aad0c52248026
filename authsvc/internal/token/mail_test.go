package token_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

const mailSecret = "oracle-secret-abcdefghijklmnopqrstuvwxyz-0123456789"

func mail(clock func() time.Time) *token.Mail {
	return token.NewMail(secret.NewRoot(mailSecret), clock)
}

// What better-auth 1.7.25 mails under the same secret, at now less 95 seconds.
const (
	referenceProof  = "eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6ImFkYUBleGFtcGxlLmNvbSIsInVzZXJJZCI6InUxIiwiaWF0IjoxNzk1NDcyMDA1LCJleHAiOjE3OTU0NzU2MDV9.9Z2lSKad0mUNzhe6lOOIILXEk8VAEwXRyPMBveSIkzo"
	referenceChange = "eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6ImFkYUBleGFtcGxlLmNvbSIsInVwZGF0ZVRvIjoibmV3QGV4YW1wbGUuY29tIiwidXNlcklkIjoidTEiLCJyZXF1ZXN0VHlwZSI6ImNoYW5nZS1lbWFpbC1jb25maXJtYXRpb24iLCJpYXQiOjE3OTU0NzIwMDUsImV4cCI6MTc5NTQ3NTYwNX0.bbLTDBoLXSMiZ29ubD6SA2GapEKthlcBQjgvJzqIq7Q"
)

func TestMail_ReadsTheReference(t *testing.T) {
	t.Parallel()
	got, err := mail(now).Parse(referenceProof)
	if diff := cmp.Diff(token.MailClaims{Email: "ada@example.com", UserID: "u1"}, got); diff != "" || err != nil {
		t.Errorf("Parse: %v (-want +got):\n%s", err, diff)
	}
	got, err = mail(now).Parse(referenceChange, token.ConfirmChange, token.ApproveChange)
	want := token.MailClaims{Email: "ada@example.com", UserID: "u1", UpdateTo: "new@example.com", RequestType: token.ApproveChange}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Parse of a change: %v (-want +got):\n%s", err, diff)
	}
}

func TestMail_Issue(t *testing.T) {
	t.Parallel()
	proof, err := mail(now).Issue(token.MailClaims{Email: "Ada@Example.com", UserID: "u1"})
	if err != nil {
		t.Fatal(err)
	}
	gotHeader, got := decode(t, proof)
	if gotHeader != `{"alg":"HS256"}` {
		t.Errorf(`header is %s, want {"alg":"HS256"}`, gotHeader)
	}
	want := object{"email": "ada@example.com", "userId": "u1", "iat": float64(now().Unix()), "exp": float64(now().Unix() + 3600)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	if back, err := mail(now).Parse(proof); err != nil || back.Email != "ada@example.com" {
		t.Errorf("Parse = %+v, %v", back, err)
	}
}

func TestMail_IssueRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]token.MailClaims{
		"no address":                {UserID: "u1"},
		"no user":                   {Email: "a@b.example"},
		"no at sign":                {Email: "ab.example", UserID: "u1"},
		"two at signs":              {Email: "a@b@c.example", UserID: "u1"},
		"a line end":                {Email: "a@b.example\n", UserID: "u1"},
		"an address of a kilobyte":  {Email: strings.Repeat("a", 1<<10) + "@b.example", UserID: "u1"},
		"a change without purpose":  {Email: "a@b.example", UserID: "u1", UpdateTo: "c@d.example"},
		"a change to nowhere":       {Email: "a@b.example", UserID: "u1", RequestType: token.ConfirmChange},
		"a purpose that is not one": {Email: "a@b.example", UserID: "u1", UpdateTo: "c@d.example", RequestType: "reset"},
	} {
		if proof, err := mail(now).Issue(c); !errors.Is(err, token.ErrMailInvalid) || proof != "" {
			t.Errorf("%s: Issue = %q, %v; want ErrMailInvalid", name, proof, err)
		}
	}
}

// TestMail_KeepsPurposesApart is past vulnerability 45 (GHSA-965c-763c-88jm).
//
// Covers ASVS V9.2.2.
func TestMail_KeepsPurposesApart(t *testing.T) {
	t.Parallel()
	all := []token.Purpose{token.ConfirmAddress, token.ApproveChange, token.ConfirmChange}
	for _, made := range all {
		c := token.MailClaims{Email: "a@b.example", UserID: "u1", RequestType: made}
		if made != token.ConfirmAddress {
			c.UpdateTo = "c@d.example"
		}
		proof, err := mail(now).Issue(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, asked := range all {
			if _, err := mail(now).Parse(proof, asked); (err == nil) != (made == asked) {
				t.Errorf("a proof for %q, asked for %q: %v", made, asked, err)
			}
		}
		if _, err := mint(now).Verify(t.Context(), proof); !errors.Is(err, token.ErrAccess) {
			t.Errorf("a proof for %q as an access token: %v, want ErrAccess", made, err)
		}
	}
}

func TestMail_ParseRefuses(t *testing.T) {
	t.Parallel()
	key := hs256([]byte(mailSecret))
	head := object{"alg": "HS256"}
	body := func(changes object) object {
		c := object{"email": "a@b.example", "userId": "u1", "iat": now().Unix(), "exp": now().Unix() + 3600}
		for name, value := range changes {
			c[name] = value
			if value == nil {
				delete(c, name)
			}
		}
		return c
	}
	expired := body(object{"exp": now().Unix() - 1})
	parts := strings.Split(forge(t, head, body(nil), key), ".")
	for name, tc := range map[string]struct {
		proof string
		want  error
	}{
		"a good one":          {strings.Join(parts, "."), nil},
		"expired":             {forge(t, head, expired, key), token.ErrMailExpired},
		"expired this second": {forge(t, head, body(object{"exp": now().Unix()}), key), token.ErrMailExpired},
		"expired with a bad signature (CVE-2024-51744)": {forge(t, head, expired, hs256([]byte("another secret"))), token.ErrMailInvalid},
		"expired for another purpose":                   {forge(t, head, body(object{"exp": 1, "updateTo": "c@d.example"}), key), token.ErrMailInvalid},
		"another secret":                                {forge(t, head, body(nil), hs256([]byte("another secret"))), token.ErrMailInvalid},
		"alg none":                                      {forge(t, object{"alg": "none"}, body(nil), unsigned), token.ErrMailInvalid},
		"HS512 in the header":                           {forge(t, object{"alg": "HS512"}, body(nil), key), token.ErrMailInvalid},
		"EdDSA of our own key":                          {forge(t, object{"alg": "EdDSA", "kid": "K1"}, body(nil), good), token.ErrMailInvalid},
		"no exp":                                        {forge(t, head, body(object{"exp": nil}), key), token.ErrMailInvalid},
		"no iat":                                        {forge(t, head, body(object{"iat": nil}), key), token.ErrMailInvalid},
		"issued tomorrow":                               {forge(t, head, body(object{"iat": now().Unix() + 86400}), key), token.ErrMailInvalid},
		"not before tomorrow":                           {forge(t, head, body(object{"nbf": now().Unix() + 86400}), key), token.ErrMailInvalid},
		"no address":                                    {forge(t, head, body(object{"email": nil}), key), token.ErrMailInvalid},
		"an address that is a number":                   {forge(t, head, body(object{"email": 1}), key), token.ErrMailInvalid},
		"no user":                                       {forge(t, head, body(object{"userId": nil}), key), token.ErrMailInvalid},
		"the older change, without a purpose":           {forge(t, head, body(object{"updateTo": "c@d.example"}), key), token.ErrMailInvalid},
		"a signature cut short":                         {strings.Join(parts, ".")[:len(strings.Join(parts, "."))-1], token.ErrMailInvalid},
		"no signature":                                  {parts[0] + "." + parts[1] + ".", token.ErrMailInvalid},
		"a signed cookie's shape":                       {"true.ecSSOxmhKQCpHA02ic1bhhwHxSPKnnmyt77vFmo4xtM=", token.ErrMailInvalid},
		"a megabyte":                                    {forge(t, head, body(object{"x": strings.Repeat("x", 1<<20)}), key), token.ErrMailInvalid},
		"nothing":                                       {"", token.ErrMailInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := mail(now).Parse(tc.proof)
			if !errors.Is(err, tc.want) || (err != nil && got != token.MailClaims{}) {
				t.Errorf("Parse = %+v, %v; want %v", got, err, tc.want)
			}
		})
	}
}

func TestMail_FaultsAreTheProtocols(t *testing.T) {
	t.Parallel()
	if f := token.ErrMailExpired; f.Code != "TOKEN_EXPIRED" || f.Message != "Token expired" || f.Kind.Status() != 401 {
		t.Errorf("%v is not 401 TOKEN_EXPIRED", f)
	}
	if f := token.ErrMailInvalid; f.Code != "INVALID_TOKEN" || f.Message != "Invalid token" || f.Kind.Status() != 401 {
		t.Errorf("%v is not 401 INVALID_TOKEN", f)
	}
}

// FuzzMail_Parse proves that nothing but a proof that was mailed is one.
func FuzzMail_Parse(f *testing.F) {
	f.Add(referenceProof)
	f.Add(referenceChange)
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImFAYi5jIn0.")
	f.Fuzz(func(t *testing.T, proof string) {
		got, err := mail(now).Parse(proof, token.ConfirmAddress, token.ApproveChange, token.ConfirmChange)
		if err == nil && proof != referenceProof && proof != referenceChange {
			t.Errorf("%q is a proof of %+v", proof, got)
		}
	})
}
