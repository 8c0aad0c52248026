package cookie_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/cookie"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

const (
	token = "0123456789abcdefghijABCDEFGHIJ0123456789xyz"
	// signed is what the reference server's code makes of token under this secret.
	signed    = token + ".re9PNWCe3HeJ2bZdBDtXhz1blof6MAM2YcCCaGoUfK8%3D"
	yes       = "true.ecSSOxmhKQCpHA02ic1bhhwHxSPKnnmyt77vFmo4xtM%3D"
	attribute = "; Path=/; HttpOnly; SameSite=Lax"
)

func root() secret.Root {
	return secret.NewRoot("oracle-secret-abcdefghijklmnopqrstuvwxyz-0123456789")
}

func lines(cookies ...cookie.Cookie) []string {
	var set cookie.Set
	set.Add(cookies...)
	header := http.Header{}
	set.Write(header)
	return header["Set-Cookie"]
}

// Covers Zitadel CVE-2024-28197; ASVS V3.3.1, V3.3.2 and V3.3.4.
func TestJar_Session(t *testing.T) {
	t.Parallel()
	plain := cookie.New(root(), false)
	for name, tc := range map[string]struct {
		got, want []string
	}{
		"to be remembered": {lines(plain.Session(token, true, "")...), []string{
			"better-auth.session_token=" + signed + "; Max-Age=604800" + attribute,
		}},
		"not to be remembered": {lines(plain.Session(token, false, "")...), []string{
			"better-auth.session_token=" + signed + attribute,
			"better-auth.dont_remember=" + yes + attribute,
		}},
		"to be remembered after one that was not": {lines(plain.Session(token, true, "better-auth.dont_remember="+yes)...), []string{
			"better-auth.session_token=" + signed + "; Max-Age=604800" + attribute,
			"better-auth.dont_remember=; Max-Age=0" + attribute,
		}},
		"to be remembered after a forged mark": {lines(plain.Session(token, true, "better-auth.dont_remember=true")...), []string{
			"better-auth.session_token=" + signed + "; Max-Age=604800" + attribute,
		}},
		"taken back, in the protocol's order": {lines(plain.ExpireSession()...), []string{
			"better-auth.session_token=; Max-Age=0" + attribute,
			"better-auth.session_data=; Max-Age=0" + attribute,
			"better-auth.dont_remember=; Max-Age=0" + attribute,
		}},
		"over https (ASVS V3.3.1)": {lines(cookie.New(root(), true).Session(token, true, "")...), []string{
			"__Secure-better-auth.session_token=" + signed + "; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax",
		}},
		"the hint of the last method over https": {lines(cookie.New(root(), true).LastMethod("email")), []string{
			"better-auth.last_used_login_method=email; Max-Age=2592000; Path=/; Secure; SameSite=Lax",
		}},
		"a copy of the session, whole and in parts": {lines(plain.ExpireData("better-auth.session_data.1=x; a=b; better-auth.session_data=y; better-auth.session_database=z")...), []string{
			"better-auth.session_data.1=; Max-Age=0" + attribute,
			"better-auth.session_data=; Max-Age=0" + attribute,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.got); diff != "" {
				t.Errorf("Set-Cookie (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSet_ReplacesByName proves that a value which is taken back in the same answer never
// leaves (wire contract, section 3.1).
func TestSet_ReplacesByName(t *testing.T) {
	t.Parallel()
	jar := cookie.New(root(), false)
	got := lines(append(jar.Session(token, false, ""), jar.ExpireSession()...)...)
	want := lines(jar.ExpireSession()...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("after a session that is set and taken back (-want +got):\n%s", diff)
	}
	if strings.Contains(strings.Join(got, ""), token) {
		t.Error("the token leaves")
	}
}

func TestJar_Presented(t *testing.T) {
	t.Parallel()
	jar := cookie.New(root(), false)
	decoded := strings.ReplaceAll(signed, "%3D", "=")
	have := "better-auth.session_token=" + signed
	other := "Other0123456789abcdefghijABCDEFGHIJ012345678"
	for name, tc := range map[string]struct {
		authorization, cookies string
		token                  string
		bearer, ok             bool
	}{
		"a cookie":                            {"", "a=b; " + have, token, false, true},
		"a cookie with decoded value":         {"", "better-auth.session_token=" + decoded, token, false, true},
		"a raw bearer token":                  {"Bearer " + token, "", token, true, true},
		"the scheme in any case":              {"bEARER  " + token + " ", "", token, true, true},
		"a signed bearer token":               {"Bearer " + decoded, "", token, true, true},
		"a signed and encoded bearer token":   {"Bearer " + signed, "", token, true, true},
		"a bearer token beside a cookie":      {"Bearer " + other, have, other, true, true},
		"a forged bearer token with a cookie": {"Bearer " + other + decoded[len(token):], have, token, false, true},
		"a JWT as a bearer token":             {"Bearer a.b.c", have, token, false, true},
		"an empty bearer token":               {"Bearer ", "", "", false, false},
		"another scheme":                      {"Basic " + token, "", "", false, false},
		"a token without scheme":              {token, "", "", false, false},
		"an oversized bearer token":           {"Bearer " + strings.Repeat("x", 1<<20), "", "", false, false},
		"an unsigned cookie":                  {"", "better-auth.session_token=" + token, "", false, false},
		"a forged cookie first":               {"", "better-auth.session_token=x.y; " + have, "", false, false},
		"a signature without value":           {"", "better-auth.session_token=" + decoded[len(token):], "", false, false},
		"the name that https has":             {"", "__Secure-" + have, "", false, false},
		"nothing":                             {"", "", "", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, bearer, ok := jar.Presented(tc.authorization, tc.cookies)
			if got != tc.token || bearer != tc.bearer || ok != tc.ok {
				t.Errorf("Presented = %.60q, %t, %t; want %q, %t, %t", got, bearer, ok, tc.token, tc.bearer, tc.ok)
			}
		})
	}
}

func TestJar_PresentedOverHTTPS(t *testing.T) {
	t.Parallel()
	jar := cookie.New(root(), true)
	if _, _, ok := jar.Presented("", "better-auth.session_token="+signed); ok {
		t.Error("over https, a cookie without the __Secure- prefix counts: plain http could have set it")
	}
	if got, _, ok := jar.Presented("", "__Secure-better-auth.session_token="+signed); !ok || got != token {
		t.Errorf("Presented = %q, %t; want the token", got, ok)
	}
}

func TestJar_SignedComesBack(t *testing.T) {
	t.Parallel()
	jar := cookie.New(root(), false)
	if got, bearer, ok := jar.Presented("Bearer "+jar.Signed(token), ""); got != token || !bearer || !ok {
		t.Errorf("Presented = %q, %t, %t; want the token from the header", got, bearer, ok)
	}
}

func TestJar_DeviceSessions(t *testing.T) {
	t.Parallel()
	jar := cookie.New(root(), false)
	name := "better-auth.session_token_multi-" + strings.ToLower(token)
	if diff := cmp.Diff([]string{name + "=" + signed + "; Max-Age=604800" + attribute}, lines(jar.Device(token))); diff != "" {
		t.Errorf("Device (-want +got):\n%s", diff)
	}
	header := "better-auth.session_token=" + signed + "; " + name + "=" + signed +
		"; better-auth.session_token_multi-forged=forged.x; better-auth.session_token_multi-renamed=" + signed
	held := jar.DeviceSessions(header)
	if diff := cmp.Diff([]cookie.Held{{Name: name, Token: token}}, held); diff != "" {
		t.Fatalf("DeviceSessions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{name + "=; Max-Age=0" + attribute}, lines(jar.ExpireDevice(held[0]))); diff != "" {
		t.Errorf("ExpireDevice (-want +got):\n%s", diff)
	}
}

func TestJar_KnownDevice(t *testing.T) {
	t.Parallel()
	jar := cookie.New(root(), true)
	line := lines(jar.KnownDevice("5b1d"))[0]
	pair, attributes, _ := strings.Cut(line, ";")
	if want := " Max-Age=34560000; Path=/; HttpOnly; Secure; SameSite=Lax"; attributes != want {
		t.Errorf("attributes %q, want %q", attributes, want)
	}
	if id := jar.KnownDeviceID("a=b; " + pair); id != "5b1d" {
		t.Errorf("the id comes back as %q", id)
	}
	session, _, _ := strings.Cut(lines(jar.Session(token, true, "")...)[0], ";")
	for name, header := range map[string]string{
		"none":                               "a=b",
		"a forged one":                       strings.Replace(pair, "5b1d", "5b1e", 1),
		"another signed value":               strings.Replace(session, "better-auth.session_token", "gatehouse.device", 1),
		"one that plain http could have set": strings.TrimPrefix(pair, "__Secure-"),
	} {
		if id := jar.KnownDeviceID(header); id != "" {
			t.Errorf("%s counts, as %q", name, id)
		}
	}
}
