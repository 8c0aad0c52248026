package code_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
