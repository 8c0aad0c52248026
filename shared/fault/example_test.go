package fault_test

import (
	"errors"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

func Example() {
	errBookUnknown := fault.New(fault.NotFound, "catalog.book_unknown", "There is no such book.")

	find := func() error {
		return fmt.Errorf("find book: %w", errBookUnknown.With(errors.New("no rows in result set")))
	}
	err := find()
	fmt.Println(errors.Is(err, errBookUnknown))
	fmt.Println(fault.From(err).Kind.Status(), fault.From(err).Message)
	fmt.Println("for the log:", err)
	// Output:
	// true
	// 404 There is no such book.
	// for the log: find book: catalog.book_unknown: There is no such book.: no rows in result set
}
