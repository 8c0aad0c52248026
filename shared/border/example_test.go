package border_test

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/border"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

func Example() {
	type transactionKey struct{}
	caller := trace.With(context.Background(), trace.Span{RequestID: "r-1"})
	caller = context.WithValue(caller, transactionKey{}, "a transaction")

	ctx, done := border.Cross(caller, time.Second)
	defer done()
	fmt.Println(trace.From(ctx).RequestID, ctx.Value(transactionKey{}))
	// Output: r-1 <nil>
}
