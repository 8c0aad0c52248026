package twofactor

import (
	"crypto/subtle"
	"encoding/base32"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
)

// The parameters of authenticators (RFC 6238): what every authenticator app understands.
const (
	period       = 30 // seconds
	skew         = 1  // time steps that clocks may differ by
	secretLength = 32 // characters, 192 bits
	issuer       = "Gatehouse"
)

// newSecret returns the secret of an authenticator: the characters themselves are the key,
// as the protocol has it.
func newSecret() (string, error) { return token.Text(secretLength) }

// encoded is a secret as authenticators take it.
func encoded(secret string) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(secret))
}

// matchStep returns the time step, later than after, that the code belongs to: the current
// one or one next to it. The code is six digits and nothing else: whatever is compared is
// what was counted (Vault CVE-2025-6014).
func matchStep(secret, code string, now time.Time, after int64) (int64, bool) {
	if !sixDigits(code) {
		return 0, false
	}
	current := now.Unix() / period
	for step := max(current-skew, after+1, 0); step <= current+skew; step++ {
		counter := uint64(step) //nolint:gosec // not negative
		want, err := hotp.GenerateCodeCustom(encoded(secret), counter, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return step, true
		}
	}
	return 0, false
}

func sixDigits(code string) bool {
	return len(code) == codeLength && strings.Trim(code, token.Digits) == ""
}

// uri is what a QR code shows to an authenticator: the key URI format, in the encoding of
// the reference server.
func uri(secret, by, email string) string {
	query := url.Values{"secret": {encoded(secret)}}.Encode() + "&" + url.Values{"issuer": {by}}.Encode() + "&digits=6&period=30"
	return "otpauth://totp/" + component(by) + ":" + component(email) + "?" + query
}

// component is JavaScript's encodeURIComponent.
func component(text string) string {
	return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(url.QueryEscape(text))
}
