package pgtest_test

import (
	"os"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

// A store's tests name their schema once and take what each of them needs.
func Example() {
	spec := pgtest.Spec{Name: "billing", Files: os.DirFS("migrations")}

	testStore := func(t *testing.T) {
		t.Parallel()
		tx := pgtest.Tx(t, spec)
		_ = tx // give it to the store
	}
	testStatements := func(t *testing.T) {
		t.Parallel()
		pgtest.PrepareAll(t, pgtest.Schema(t, spec), pgtest.Statements(t, "."))
	}
	_, _ = testStore, testStatements
}
