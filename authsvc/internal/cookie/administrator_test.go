package cookie_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/cookie"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func TestJar_Administrator(t *testing.T) {
	t.Parallel()
	jar := cookie.New(secret.NewRoot("a root secret of tests, long enough to count"), true)
	for _, remember := range []bool{true, false} {
		kept := jar.Administrator("a-token", remember)
		token, remembered, ok := jar.OwnSession("x=y; " + kept.Name + "=" + kept.Value)
		if !ok || token != "a-token" || remembered != remember {
			t.Errorf("OwnSession = %q, %t, %t; want it with remember %t", token, remembered, ok, remember)
		}
	}
	session := jar.Session("a-token", true, "")[0]
	name := jar.ExpireAdministrator().Name
	for what, header := range map[string]string{
		"no cookie":                               "x=y",
		"an unsigned value":                       name + "=a-token:",
		"the signed value of another cookie":      name + "=" + session.Value,
		"a signed value whose token is the other": session.Name + "=" + jar.Administrator("a-token", true).Value,
	} {
		if token, _, ok := jar.OwnSession(header); ok {
			t.Errorf("%s: got %q", what, token)
		}
	}
}
