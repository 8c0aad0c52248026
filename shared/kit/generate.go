package kit

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// keepNewSecret writes a fresh secret to path and returns it. The file appears whole
// or not at all, and of several processes that try at once one wins for all.
func keepNewSecret(path string) (secret.Text, error) {
	random := make([]byte, 48)
	_, _ = rand.Read(random) // never fails (crypto/rand)
	text := base64.RawURLEncoding.EncodeToString(random)

	temporary, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // mode 0600
	if err != nil {
		return "", fmt.Errorf("keep the generated secret: %w", err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	_, err = temporary.WriteString(text + "\n")
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return "", fmt.Errorf("keep the generated secret: %w", err)
	}
	switch err := os.Link(temporary.Name(), path); {
	case errors.Is(err, os.ErrExist):
		kept, err := os.ReadFile(path)
		return secret.Text(strings.TrimSpace(string(kept))), err
	case err != nil:
		return "", fmt.Errorf("keep the generated secret: %w", err)
	}
	return secret.Text(text), nil
}
