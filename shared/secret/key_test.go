package secret_test

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

const rootText = "0f3d9c1e-a-root-secret-of-a-test"

func TestRoot_KeyIsTheExpandStepOfHKDF(t *testing.T) {
	t.Parallel()
	for _, purpose := range []string{"", "box/notes", "principal", "ümläut"} {
		want, err := hkdf.Expand(sha256.New, []byte(rootText), purpose, 32)
		if err != nil {
			t.Fatal(err)
		}
		if got := secret.NewRoot(rootText).Key(purpose); string(got[:]) != string(want) {
			t.Errorf("%q: got %x, want %x (RFC 5869, section 2.3)", purpose, got, want)
		}
	}
}

// A change of derivation would lock every installation out of what it has stored.
func TestRoot_KeyNeverChanges(t *testing.T) {
	t.Parallel()
	key := secret.NewRoot(rootText).Key("canary")
	if got := hex.EncodeToString(key[:]); got != "d7661fcce12c89c7d8745dd1036682bc76ed79cd11a89755f0680b47364d2ed2" {
		t.Errorf("the key of purpose canary is now %s", got)
	}
}

func TestRoot_KeysOfPurposesAndRootsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[[32]byte]string{}
	for _, root := range []secret.Text{rootText, rootText + "x", "X" + rootText} {
		for _, purpose := range []string{"", "a", "b", "ab", "a\x01", "box/a", "box/b", "box/"} {
			key := secret.NewRoot(root).Key(purpose)
			where := root.Reveal() + " for " + purpose
			if other, taken := seen[key]; taken {
				t.Errorf("%q and %q have one key", where, other)
			}
			seen[key] = where
		}
	}
}

func TestRoot_ZeroValueHoldsTheEmptyText(t *testing.T) {
	t.Parallel()
	if got := (secret.Root{}).Text().Reveal(); got != "" {
		t.Errorf("it holds %q", got)
	}
	if (secret.Root{}).Key("a") != secret.NewRoot("").Key("a") {
		t.Error("its keys are not those of the empty text")
	}
}
