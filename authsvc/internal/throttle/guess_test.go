package throttle_test

import (
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func TestGuesses_Of(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return time.Unix(1, 0) }
	of := throttle.NewGuesses(secret.NewRoot("one root"), now).Of
	first := of(throttle.Password, "a", "b")
	if first.Key != of(throttle.Password, "a", "b").Key || !first.At.Equal(now()) {
		t.Error("the same guess counts elsewhere")
	}
	for name, other := range map[string]throttle.Guess{
		"another kind":    of(throttle.SecondFactor, "a", "b"),
		"another account": of(throttle.Password, "a", "c"),
		"other parts":     of(throttle.Password, "ab"),
		"another root":    throttle.NewGuesses(secret.NewRoot("other"), now).Of(throttle.Password, "a", "b"),
	} {
		if other.Key == first.Key {
			t.Errorf("%s counts with the first", name)
		}
	}
}
