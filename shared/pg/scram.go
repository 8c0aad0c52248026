package pg

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// scramIterations is PostgreSQL's own default. The passwords are long and random,
// so the count protects nothing more.
const scramIterations = 4096

const minPassword = 16

// verifier returns what PostgreSQL stores for a password (RFC 5803 and RFC 5802,
// section 3), so that the password itself never travels and is in no server log.
func verifier(password secret.Text) (string, error) {
	if err := checkPassword(password); err != nil {
		return "", err
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	return verifierWith(password, salt)
}

func verifierWith(password secret.Text, salt []byte) (string, error) {
	salted, err := pbkdf2.Key(sha256.New, password.Reveal(), salt, scramIterations, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("derive verifier: %w", err)
	}
	stored := sha256.Sum256(keyed(salted, "Client Key"))
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", scramIterations,
		base64.StdEncoding.EncodeToString(salt),
		base64.StdEncoding.EncodeToString(stored[:]),
		base64.StdEncoding.EncodeToString(keyed(salted, "Server Key"))), nil
}

// checkPassword accepts printable ASCII only: for it, SASLprep changes nothing.
func checkPassword(password secret.Text) error {
	value := password.Reveal()
	if len(value) < minPassword {
		return fmt.Errorf("password has fewer than %d characters: give a longer one", minPassword)
	}
	for _, c := range []byte(value) {
		if c < ' ' || c > '~' {
			return errors.New("password has a character outside of printable ASCII: give one without")
		}
	}
	return nil
}

func keyed(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
