package identityapi_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/rpc/rpctest"
)

func TestMethods_Locked(t *testing.T) {
	t.Parallel()
	rpctest.Locked(t, identityapi.Methods())
}
