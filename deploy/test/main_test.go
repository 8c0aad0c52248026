package test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

func TestMain(m *testing.M) { shape.Main(m) }
