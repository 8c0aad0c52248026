package social

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// algorithms are those that id tokens may be signed with: asymmetric ones, so that a key
// that everybody can read proves nothing but what its owner signed.
func algorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}
}

func parseSigned(token string) (*jose.JSONWebSignature, error) {
	var allowed []jose.SignatureAlgorithm
	for _, name := range algorithms() {
		allowed = append(allowed, jose.SignatureAlgorithm(name))
	}
	parsed, err := jose.ParseSignedCompact(token, allowed)
	if err != nil {
		return nil, err
	}
	if len(parsed.Signatures) != 1 {
		return nil, errors.New("not exactly one signature")
	}
	return parsed, nil
}

// payloadOf returns what a token says, whoever signed it.
func payloadOf(token string) ([]byte, error) {
	parsed, err := parseSigned(token)
	if err != nil {
		return nil, err
	}
	return parsed.UnsafePayloadWithoutVerification(), nil
}

// keys are a provider's public keys. They are read anew when a token names one that is not
// among them, but not again and again: whoever posts tokens with invented key ids must not
// make this process a burden to the provider. It is safe for concurrent use.
type keys struct {
	from    endpoint
	address string

	mu     sync.Mutex
	set    jose.JSONWebKeySet
	readAt time.Time
}

var _ oidc.KeySet = (*keys)(nil)

// keysPause is how long keys are not read again.
const keysPause = 10 * time.Second

// prepare makes sure that the key which a token names was looked for. Its only errors are
// outages and ErrIdentity for what is no token.
func (k *keys) prepare(ctx context.Context, token string) error {
	parsed, err := parseSigned(token)
	if err != nil {
		return ErrIdentity.With(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.from.now()
	fresh := !k.readAt.IsZero() && now.Before(k.readAt.Add(keysPause))
	if fresh || verified(k.set.Keys, parsed) != nil {
		return nil
	}
	var set jose.JSONWebKeySet
	if _, err := k.from.read(ctx, k.address, "", &set); err != nil {
		if errors.Is(err, ErrIdentity) { // the provider has no keys to show
			err = ErrDown.With(errors.New("the provider's keys cannot be read"))
		}
		return err
	}
	k.set, k.readAt = set, now
	return nil
}

// VerifySignature implements oidc.KeySet over the keys that prepare has read.
func (k *keys) VerifySignature(_ context.Context, token string) ([]byte, error) {
	parsed, err := parseSigned(token)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if payload := verified(k.set.Keys, parsed); payload != nil {
		return payload, nil
	}
	return nil, errors.New("no key of the provider verifies it")
}

// verified returns what the token says if one of the keys signed it, nil if none did.
func verified(set []jose.JSONWebKey, token *jose.JSONWebSignature) []byte {
	id := token.Signatures[0].Header.KeyID
	for _, key := range set {
		if (id != "" && key.KeyID != id) || !key.Valid() || !key.IsPublic() || (key.Use != "" && key.Use != "sig") {
			continue
		}
		if payload, err := token.Verify(key); err == nil {
			return payload
		}
	}
	return nil
}
