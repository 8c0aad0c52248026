package mail_test

import (
	"bufio"
	"encoding/json"
	netmail "net/mail"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// The corpus holds the answers of zod itself; testdata/addresses.mjs made it.
func TestParseAddress_AgreesWithZod(t *testing.T) {
	t.Parallel()
	corpus, err := os.Open("testdata/addresses.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = corpus.Close() }()
	accepted, refused := 0, 0
	for lines := bufio.NewScanner(corpus); lines.Scan(); {
		var c struct {
			Form     string
			Accepted bool
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", lines.Bytes(), err)
		}
		address, err := mail.ParseAddress(c.Form)
		if (err == nil) != c.Accepted {
			t.Errorf("%q: zod accepts: %t; got %q, %v", c.Form, c.Accepted, address, err)
		}
		if c.Accepted {
			accepted++
		} else {
			refused++
		}
	}
	if accepted < 500 || refused < 1000 {
		t.Errorf("the corpus is damaged: %d accepted, %d refused", accepted, refused)
	}
}

// Past vulnerabilities, row 46: GHSA-7rqj-j65f-68wh (Auth.js), CVE-2026-40574 (OAuth2 Proxy).
func TestParseAddress_RefusesLookAlikes(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]string{
		"a full-width at sign":       "ada\uff20example.com",
		"a small at sign":            "ada\ufe6bexample.com",
		"a Cyrillic letter":          "\u0430da@example.com",
		"the Kelvin sign, NFC for K": "\u212aate@example.com",
		"full-width letters":         "\uff41\uff44\uff41@example.com",
		"a combining accent":         "ade\u0301@example.com",
		"a dotless i":                "ad\u0131@example.com",
		"a full-width dot":           "ada@example\uff0ecom",
		"a text direction mark":      "ada@example.com\u202e",
		"a zero-width space":         "a\u200bda@example.com",
		"two at signs":               "ada@example.com@evil.test",
		"a quoted at sign":           `"ada@example.com"@evil.test`,
		"a trailing dot":             "ada@example.com.",
		"a trailing line end":        "ada@example.com\n",
		"a second header":            "ada@example.com\r\nBcc: eve@evil.test",
		"two addresses":              "ada@example.com,eve@evil.test",
		"a name":                     "Ada <ada@example.com>",
		"invalid UTF-8":              "ada\xff@example.com",
		"more than SMTP carries":     strings.Repeat("a", 64) + "@" + strings.Repeat("b.", 94) + "com",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, err := mail.ParseAddress(form)
			if err == nil {
				t.Fatalf("got %q", address)
			}
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("got kind %s, want invalid", fault.KindOf(err))
			}
		})
	}
}

func TestParseAddress_Normalises(t *testing.T) {
	t.Parallel()
	address, err := mail.ParseAddress("Ada.O'Brien+Tag@EXAMPLE.Com")
	if err != nil || address.String() != "ada.o'brien+tag@example.com" {
		t.Errorf("got %q, %v", address, err)
	}
	longest := strings.Repeat("a", 64) + "@" + strings.Repeat("b.", 93) + "co"
	if len(longest) != 253 {
		t.Fatalf("the test means 253 bytes, not %d", len(longest))
	}
	if _, err := mail.ParseAddress(longest + "m"); err != nil {
		t.Errorf("254 bytes: %v", err)
	}
	if _, err := mail.ParseAddress(longest + "mm"); err == nil {
		t.Error("255 bytes were accepted")
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"ada@example.com", "A.b+c@x-y.CO", "a@b", "a@b.c", "a@@b.co", "\u212aa@b.co", "a'@b.co", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, form string) {
		address, err := mail.ParseAddress(form)
		if err != nil {
			return
		}
		text := address.String()
		if text != strings.ToLower(form) || !norm.NFKC.IsNormalString(text) {
			t.Errorf("%q became %q", form, text)
		}
		if again, err := mail.ParseAddress(text); err != nil || again != address {
			t.Errorf("%q does not read as itself: %q, %v", text, again, err)
		}
		if parsed, err := netmail.ParseAddress(text); err != nil || parsed.Address != text {
			t.Errorf("net/mail reads %q as %v, %v", text, parsed, err)
		}
	})
}
