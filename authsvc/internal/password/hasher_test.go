package password_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Covers ASVS V6.2.1, V6.2.5.
func TestHasher_Check(t *testing.T) {
	t.Parallel()
	h := password.NewPatientHasher()
	for name, tc := range map[string]struct {
		plain string
		want  error
	}{
		"seven code units are too short":            {"abcdefg", password.ErrTooShort},
		"eight are enough":                          {"vqkzmxwp", nil},
		"128 are still fine":                        {strings.Repeat("vq", 64), nil},
		"129 are too long":                          {strings.Repeat("vq", 64) + "x", password.ErrTooLong},
		"four emoji count eight, as in JavaScript":  {"😀😁😂🤣", nil},
		"64 emoji count 128":                        {strings.Repeat("😀", 64), nil},
		"65 emoji count 130":                        {strings.Repeat("😀", 65), password.ErrTooLong},
		"eight umlauts are eight, not sixteen":      {"äöüäöüäß", nil},
		"a common one is refused (ASVS V6.2.4)":     {"password123", password.ErrCommon},
		"any character goes (ASVS V6.2.9)":          {"\x00\t ẞ漢 \"'", nil},
		"the empty one is too short":                {"", password.ErrTooShort},
		"invalid UTF-8 counts one unit for a byte":  {strings.Repeat("\xff", 8), nil},
		"length counts before normalisation":        {strings.Repeat("ﷺ", 128), nil},
		"spaces at the ends are part of a password": {"  vqkz  ", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := h.Check(t.Context(), tc.plain); !errors.Is(err, tc.want) {
				t.Errorf("Check = %v, want %v", err, tc.want)
			}
		})
	}
}

// known is a list of breached passwords; an empty one fails to be found out about.
type known []string

func (k known) Breached(_ context.Context, plain string) (bool, error) {
	if len(k) == 0 {
		return false, errors.New("no verdict")
	}
	return slices.Contains(k, plain), nil
}

// TestHasher_ChecksBreaches covers ASVS V6.2.12 and V16.5.3: without a verdict there is no
// new password.
func TestHasher_ChecksBreaches(t *testing.T) {
	t.Parallel()
	h := password.NewHasher()
	asking := h.WithBreaches(known{"vqkzmxwp"})
	for name, tc := range map[string]struct {
		hasher *password.Hasher
		plain  string
		want   error
	}{
		"a breached one":               {asking, "vqkzmxwp", password.ErrBreached},
		"another":                      {asking, "vqkzmxwq", nil},
		"a short one, without asking":  {h.WithBreaches(known{}), "short", password.ErrTooShort},
		"a common one, without asking": {h.WithBreaches(known{}), "password123", password.ErrCommon},
		"where nobody is asked":        {h.WithBreaches(nil), "vqkzmxwp", nil},
	} {
		if err := tc.hasher.Check(t.Context(), tc.plain); !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
	if err := h.WithBreaches(known{}).Check(t.Context(), "vqkzmxwp"); err == nil {
		t.Error("without a verdict the password passes")
	}
}

func TestFaults_AreTheProtocols(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		fault         *fault.Error
		code, message string
		status        int
	}{
		{password.ErrTooShort, "PASSWORD_TOO_SHORT", "Password too short", 400},
		{password.ErrTooLong, "PASSWORD_TOO_LONG", "Password too long", 400},
		{password.ErrBreached, "PASSWORD_COMPROMISED", "The password you entered has been compromised. Please choose a different password.", 400},
	} {
		if tc.fault.Code != tc.code || tc.fault.Message != tc.message || tc.fault.Kind.Status() != tc.status {
			t.Errorf("%v is not %s %q with status %d", tc.fault, tc.code, tc.message, tc.status)
		}
	}
}

func TestHasher_Hash(t *testing.T) {
	t.Parallel()
	h := password.NewPatientHasher()
	first, err := h.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if first == second {
		t.Error("two hashes of one password are equal: the salt is not random")
	}
	const costs = "$argon2id$v=19$m=19456,t=2,p=1$" // ASVS V11.4.2
	if !strings.HasPrefix(first, costs) {
		t.Errorf("hash is %q, want it to begin with %q", first, costs)
	}
	for plain, want := range map[string]bool{"correct horse": true, "correct horsf": false, "Correct horse": false, "": false} {
		if ok, rehash, err := h.Verify(t.Context(), first, plain); ok != want || rehash || err != nil {
			t.Errorf("Verify(%q) = %t, %t, %v; want %t, false, nil", plain, ok, rehash, err, want)
		}
	}
	if _, err := h.Hash(t.Context(), strings.Repeat("x", 129)); !errors.Is(err, password.ErrTooLong) {
		t.Errorf("Hash of 129 characters: %v, want ErrTooLong", err)
	}
}

func TestHasher_Normalises(t *testing.T) {
	t.Parallel()
	h := password.NewPatientHasher()
	encoded, err := h.Hash(t.Context(), "pa\u0308sswo\u0308rd ①") // decomposed
	if err != nil {
		t.Fatal(err)
	}
	for _, twin := range []string{"pässwörd ①", "pässwörd 1", "ｐässwörd 1"} {
		if ok, _, err := h.Verify(t.Context(), encoded, twin); !ok || err != nil {
			t.Errorf("Verify(%q) = %t, %v; want true: NFKC makes them one", twin, ok, err)
		}
	}
}

// TestHasher_Canceled proves that a caller who has gone costs no hash.
func TestHasher_Canceled(t *testing.T) {
	t.Parallel()
	h := password.NewPatientHasher()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "correct horse"); !errors.Is(err, context.Canceled) {
		t.Errorf("Hash = %v, want context.Canceled", err)
	}
	if err := h.Dummy(ctx, "correct horse"); !errors.Is(err, context.Canceled) {
		t.Errorf("Dummy = %v, want context.Canceled", err)
	}
}

func TestHasher_Dummy(t *testing.T) {
	t.Parallel()
	h := password.NewPatientHasher()
	if err := h.Dummy(t.Context(), "whatever it is"); err != nil {
		t.Errorf("Dummy = %v, want nil", err)
	}
	if err := h.Dummy(t.Context(), strings.Repeat("x", 129)); !errors.Is(err, password.ErrTooLong) {
		t.Errorf("Dummy of 129 characters = %v, want the ErrTooLong that Verify gives", err)
	}
}
