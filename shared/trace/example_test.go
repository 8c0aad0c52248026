package trace_test

import (
	"context"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

func Example() {
	id := "order-7 \n level=error" // from a header
	if !trace.ValidRequestID(id) {
		id = trace.NewRequestID()
	}
	ctx := trace.With(context.Background(), trace.Span{RequestID: id})
	fmt.Println(trace.From(ctx).RequestID == id, trace.ValidRequestID(id))
	fmt.Println(trace.From(context.Background()) == trace.Span{})
	// Output:
	// true true
	// true
}
