package authapi_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/shared/rpc/rpctest"
)

func TestMethods_Locked(t *testing.T) {
	t.Parallel()
	rpctest.Locked(t, authapi.Methods())
}
