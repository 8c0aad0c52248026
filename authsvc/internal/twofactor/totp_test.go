package twofactor

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// vector is one of the reference server: this secret shows this code in this time step.
const (
	vectorSecret = "445Jq-WqLo0H1tZGbRJlAryDsBryxbQq"
	vectorBase32 = "GQ2DKSTRFVLXCTDPGBEDC5C2I5RFESTMIFZHSRDTIJZHS6DCKFYQ"
	vectorStep   = 56514786
	vectorCode   = "826365"
)

func at(step int64) time.Time { return time.Unix(step*period+7, 0) }

func TestMatchStep(t *testing.T) {
	t.Parallel()
	if got := encoded(vectorSecret); got != vectorBase32 {
		t.Errorf("base32 %s, want %s", got, vectorBase32)
	}
	for name, tc := range map[string]struct {
		code  string
		now   int64
		after int64
		ok    bool
	}{
		"the current step":     {vectorCode, vectorStep, 0, true},
		"a clock that is slow": {vectorCode, vectorStep - 1, 0, true},
		"a clock that is fast": {vectorCode, vectorStep + 1, 0, true},
		"two steps late":       {vectorCode, vectorStep + 2, 0, false},
		"two steps early":      {vectorCode, vectorStep - 2, 0, false},
		"a step that was used": {vectorCode, vectorStep, vectorStep, false},
		"before one that was":  {vectorCode, vectorStep, vectorStep + 1, false},
		"after one that was":   {vectorCode, vectorStep, vectorStep - 1, true},
		"another code":         {"826364", vectorStep, 0, false},
		// Vault CVE-2025-6014 and OpenBao CVE-2025-55000 (past-vulnerabilities row 28): the
		// library trims, so a used code would come back in another spelling.
		"a space before":    {" " + vectorCode, vectorStep, 0, false},
		"a space behind":    {vectorCode + " ", vectorStep, 0, false},
		"a space within":    {"826 365", vectorStep, 0, false},
		"a line end":        {vectorCode + "\n", vectorStep, 0, false},
		"full-width digits": {"８２６３６５", vectorStep, 0, false},
		"a zero byte":       {vectorCode + "\x00", vectorStep, 0, false},
		"a sign":            {"+26365", vectorStep, 0, false},
		"nothing":           {"", vectorStep, 0, false},
		"too long":          {strings.Repeat("8", 1<<16), vectorStep, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step, ok := matchStep(vectorSecret, tc.code, at(tc.now), tc.after)
			if ok != tc.ok || (ok && step != vectorStep) {
				t.Errorf("got step %d, %t", step, ok)
			}
		})
	}
}

func TestURI(t *testing.T) {
	t.Parallel()
	got := uri(vectorSecret, "My App", "a@b.c")
	want := "otpauth://totp/My%20App:a%40b.c?secret=" + vectorBase32 + "&issuer=My+App&digits=6&period=30"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	key, err := otp.NewKeyFromURL(uri(vectorSecret, issuer, "ada+x@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	if key.Issuer() != "Gatehouse" || key.AccountName() != "ada+x@example.com" || key.Secret() != vectorBase32 || key.Period() != 30 {
		t.Errorf("an app reads %s", key)
	}
	if hostile := uri(vectorSecret, "a:b?c&d=#\"<", "x&secret=y@z"); strings.ContainsAny(hostile[len("otpauth://totp/"):], "#\"< ") || strings.Count(hostile, "secret=") != 1 {
		t.Errorf("an issuer changes the URI: %s", hostile)
	}
}

// FuzzMatchStep: whatever is sent, it is accepted only if it is the code of a time step that
// was not used, digit by digit, as the library alone generates it.
func FuzzMatchStep(f *testing.F) {
	f.Add(vectorCode, int64(vectorStep), int64(0))
	f.Add(" "+vectorCode, int64(vectorStep), int64(vectorStep))
	f.Add("８２６３６５", int64(vectorStep), int64(-5))
	f.Add("", int64(0), int64(0))
	f.Fuzz(func(t *testing.T, code string, now, after int64) {
		if now < 10 || now > 1<<40 {
			return
		}
		step, ok := matchStep(vectorSecret, code, at(now), after)
		if !ok {
			return
		}
		want, err := totp.GenerateCode(vectorBase32, at(step))
		if err != nil || want != code || step <= after || step < now-1 || step > now+1 {
			t.Errorf("%q was accepted for step %d (now %d, after %d); the code is %q", code, step, now, after, want)
		}
	})
}

// ASVS V6.5.4 asks for 20 bits, and these have 71.
func TestNewBackupCodes(t *testing.T) {
	t.Parallel()
	codes, err := newBackupCodes()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, code := range codes {
		if len(code) != 13 || code[6] != '-' || strings.Trim(strings.ReplaceAll(code, "-", ""), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" || seen[code] {
			t.Errorf("%q is no backup code, or came twice", code)
		}
		seen[code] = true
	}
	if len(codes) != 10 {
		t.Errorf("%d codes", len(codes))
	}
}
