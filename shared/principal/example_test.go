package principal_test

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/principal"
)

func Example() {
	sealer := principal.NewSealer([32]byte{1, 2, 3}, time.Now)
	text, err := sealer.Seal(principal.Principal{Subject: "reader-1", Scope: []string{"read"}}, "catalog", "request-1")
	if err != nil {
		fmt.Println(err)
		return
	}

	who, err := sealer.Open(text, "catalog", "request-1")
	ctx := principal.With(context.Background(), who)
	found, ok := principal.From(ctx)
	fmt.Println(found.Subject, ok, err)

	_, err = sealer.Open(text, "orders", "request-1")
	fmt.Println(err)
	// Output:
	// reader-1 true <nil>
	// principal.seal: The caller's identity could not be verified.
}
