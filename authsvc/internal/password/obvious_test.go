package password_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
)

// ASVS V6.2.11: words of the context are refused.
func TestObvious(t *testing.T) {
	t.Parallel()
	words := []string{"ada.lovelace@engines.example", "Ada Lovelace", "countess_1815", "", "7", "Bo"}
	for plain, want := range map[string]bool{
		"ada.lovelace": true, "Ada.Lovelace1815!": true, "ADALOVELACE": true, "lovelace1815": true, "ada12345": true, "adaadaada": true,
		"engines2026": true, "ada.lovelace@engines.example": true, "countess_1815": true, "Countess!": true, "1ovelace": false,
		"correct horse battery": false, "lovelace likes engines": false, "adadaptive": false, "12345678": false, "77777777": false, "bo121212": false,
		"\uff21\uff44\uff41-\uff2covelace": true, "": false, "!!!!!!!!": false,
	} {
		if got := password.Obvious(plain, words...); got != want {
			t.Errorf("Obvious(%q) = %t, want %t", plain, got, want)
		}
	}
	if password.Obvious("gatehouse") {
		t.Error("a word is refused that nobody named")
	}
}
