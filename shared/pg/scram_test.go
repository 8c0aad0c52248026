package pg

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func TestVerifier(t *testing.T) {
	t.Parallel()

	t.Run("matches the exchange of RFC 7677, section 3", func(t *testing.T) {
		t.Parallel()
		salt, err := base64.StdEncoding.DecodeString("W22ZaJ0SNY7soEsUEjb6gQ==")
		if err != nil {
			t.Fatal(err)
		}
		got, err := verifierWith("pencil", salt)
		if err != nil {
			t.Fatal(err)
		}
		const want = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$" +
			"WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
	t.Run("has a new salt each time", func(t *testing.T) {
		t.Parallel()
		first, firstErr := verifier("a password of some length")
		second, secondErr := verifier("a password of some length")
		if firstErr != nil || secondErr != nil || first == second {
			t.Errorf("got %q (%v) and %q (%v)", first, firstErr, second, secondErr)
		}
	})
	t.Run("refuses passwords that are short or need SASLprep, without repeating them", func(t *testing.T) {
		t.Parallel()
		for _, password := range []secret.Text{"", "short", "ein sehr langes Paßwort", "a tab\tin a long password"} {
			_, err := verifier(password)
			if err == nil {
				t.Errorf("accepted %q", password.Reveal())
			} else if password != "" && strings.Contains(err.Error(), password.Reveal()) {
				t.Errorf("repeated the password: %v", err)
			}
		}
	})
}
