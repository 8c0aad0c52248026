package password_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
)

func TestHasher_VerifyKnownAnswers(t *testing.T) {
	t.Parallel()
	h := password.NewPatientHasher()
	long := "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	for name, tc := range map[string]struct {
		encoded, plain string
		rehash         bool
	}{
		// better-auth 1.7.25
		"scrypt": {"69ba02a648c0676d26decd8b9296871f:b5141aa67f5daf1c10fa00bfceab9351aab8747fe82fe341e26fb6b56698ff7033e7b1568207e127b20833f137f31619e189d67fe31d704d1f8ee8dd8451246f", "password123", true},
		"scrypt with characters that NFKC changes": {"9150e87663525f620e9dbe8867574d02:b4ea7550edfce23c9461aa65c8fb83f85f8dd74aa532b4135a5e93aeaf7f6546e96cb25b4076ab959b8f9f080f7be97c485ac58bf1361e91352477baf04dced8", "pässwörd-①", true},
		// phc-winner-argon2, src/test.c
		"argon2id of other costs":  {"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password", true},
		"argon2id of little costs": {"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password", true},
		// Openwall crypt_blowfish, wrapper.c
		"bcrypt 2a":               {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", true},
		"bcrypt 2b":               {"$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*", true},
		"bcrypt 2y":               {"$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U", true},
		"bcrypt cuts at 72 bytes": {"$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", long + "chars after 72 are ignored", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if ok, rehash, err := h.Verify(t.Context(), tc.encoded, tc.plain); !ok || rehash != tc.rehash || err != nil {
				t.Errorf("Verify = %t, %t, %v; want true, %t, nil", ok, rehash, err, tc.rehash)
			}
			if ok, rehash, err := h.Verify(t.Context(), tc.encoded, "x"+tc.plain); ok || rehash || err != nil {
				t.Errorf("Verify of another password = %t, %t, %v; want false twice and no error", ok, rehash, err)
			}
		})
	}
}

// TestHasher_VerifyRefuses proves that no stored text makes Verify run at absurd costs or
// counts as a match.
func TestHasher_VerifyRefuses(t *testing.T) {
	t.Parallel()
	h := password.NewPatientHasher()
	const salt, key = "c29tZXNhbHQ", "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	scrypt := strings.Repeat("a", 32) + ":" + strings.Repeat("b", 128)
	for name, encoded := range map[string]string{
		"nothing":                        "",
		"plain text":                     "password",
		"memory of 4 TiB":                "$argon2id$v=19$m=4294967295,t=2,p=1$" + salt + "$" + key,
		"memory just above the bound":    "$argon2id$v=19$m=131073,t=2,p=1$" + salt + "$" + key,
		"too many passes":                "$argon2id$v=19$m=256,t=11,p=1$" + salt + "$" + key,
		"too many threads":               "$argon2id$v=19$m=256,t=2,p=5$" + salt + "$" + key,
		"no pass":                        "$argon2id$v=19$m=256,t=0,p=1$" + salt + "$" + key,
		"no thread":                      "$argon2id$v=19$m=256,t=2,p=0$" + salt + "$" + key,
		"memory below 8 per thread":      "$argon2id$v=19$m=7,t=2,p=1$" + salt + "$" + key,
		"a number beyond 32 bits":        "$argon2id$v=19$m=4294967552,t=2,p=1$" + salt + "$" + key,
		"a negative number":              "$argon2id$v=19$m=-256,t=2,p=1$" + salt + "$" + key,
		"a leading zero":                 "$argon2id$v=19$m=0256,t=2,p=1$" + salt + "$" + key,
		"a parameter twice":              "$argon2id$v=19$m=256,m=256,p=1$" + salt + "$" + key,
		"an unknown parameter":           "$argon2id$v=19$m=256,t=2,p=1,keyid=a$" + salt + "$" + key,
		"parameters in another order":    "$argon2id$v=19$t=2,m=256,p=1$" + salt + "$" + key,
		"an older version":               "$argon2id$v=16$m=256,t=2,p=1$" + salt + "$" + key,
		"argon2i":                        "$argon2i$v=19$m=256,t=2,p=1$" + salt + "$" + key,
		"argon2d":                        "$argon2d$v=19$m=256,t=2,p=1$" + salt + "$" + key,
		"padded base64":                  "$argon2id$v=19$m=256,t=2,p=1$" + salt + "=$" + key,
		"a line end in the key":          "$argon2id$v=19$m=256,t=2,p=1$" + salt + "$" + key + "\n",
		"no key":                         "$argon2id$v=19$m=256,t=2,p=1$" + salt + "$",
		"a key of two bytes":             "$argon2id$v=19$m=256,t=2,p=1$" + salt + "$nf4",
		"a short salt":                   "$argon2id$v=19$m=256,t=2,p=1$c29t$" + key,
		"one part too many":              "$argon2id$v=19$m=256,t=2,p=1$" + salt + "$" + key + "$",
		"a megabyte of dollars":          "$argon2id$" + strings.Repeat("$", 1<<20),
		"bcrypt of an hour":              "$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
		"bcrypt just above the bound":    "$2a$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
		"bcrypt cut short":               "$2a$05$CCCCCCCCCCCCCCCCCCCCC.",
		"bcrypt that is broken (2x)":     "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
		"scrypt in upper case":           strings.ToUpper(scrypt),
		"scrypt with a digit missing":    scrypt[1:],
		"scrypt with a digit in between": scrypt[:32] + "a" + scrypt[32:],
		"scrypt with a line end":         scrypt + "\n",
		"md5-crypt":                      "$1$deadbeef$0Huu6KHrKLVWfqa4WljDE0",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ok, rehash, err := h.Verify(t.Context(), encoded, "password")
			if ok || rehash || err == nil {
				t.Errorf("Verify = %t, %t, %v; want false, false and an error", ok, rehash, err)
			}
			if err != nil && len(encoded) > 8 && strings.Contains(err.Error(), encoded[8:]) {
				t.Errorf("the error repeats the stored hash: %v", err)
			}
		})
	}
}
