package verify

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
)

// parseCheckpoint returns the checkpoint of a signed note (C2SP tlog-checkpoint) if it has
// the log's signature and no other: a signature that nobody checked would lend the
// report a weight that it does not have.
func parseCheckpoint(signed string, verifier note.Verifier) (*log.Checkpoint, error) {
	checkpoint, extensions, opened, err := log.ParseCheckpoint([]byte(signed), verifier.Name(), verifier)
	if err != nil {
		return nil, err
	}
	if len(extensions) > 0 {
		return nil, errors.New("it has extension lines, which this verifier does not know")
	}
	if others := opened.UnverifiedSigs; len(others) > 0 {
		return nil, fmt.Errorf("it has a signature by %q, whose key was not given", others[0].Name)
	}
	only := opened.Sigs[0] // the verifier is one, and duplicates are dropped
	if signed != fmt.Sprintf("%s\n— %s %s\n", opened.Text, only.Name, only.Base64) {
		return nil, errors.New("it has the signature twice")
	}
	if _, err := base64.StdEncoding.Strict().DecodeString(only.Base64); err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	return checkpoint, nil
}
