package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

type findIn struct {
	ISBN string `json:"isbn"`
}

type findOut struct {
	Title string `json:"title"`
}

// The contract: what the caller and the server of a method share.
var (
	find           = rpc.Method[findIn, findOut]{Service: "catalog", Name: "find", Major: 1, Timeout: time.Second, Idempotent: true}
	errBookUnknown = fault.New(fault.NotFound, "catalog.book_unknown", "There is no such book.")
)

func Example() {
	server, err := rpc.NewServer(zerolog.Nop(), find.Handle(func(_ context.Context, in findIn) (findOut, error) {
		if in.ISBN != "0-13-110362-8" {
			return findOut{}, errBookUnknown
		}
		return findOut{Title: "The C Programming Language"}, nil
	}))
	if err != nil {
		fmt.Println(err)
		return
	}

	graph := rpc.Graph{"orders": {"catalog"}}
	caller := rpc.NewRouter("orders", graph, map[string]rpc.Caller{"catalog": rpc.NewDirect(server)}, nil)
	book, err := find.Call(context.Background(), caller, findIn{ISBN: "0-13-110362-8"})
	fmt.Println(book.Title, err)
	_, err = find.Call(context.Background(), caller, findIn{ISBN: "1"})
	fmt.Println(errors.Is(err, errBookUnknown))
	// Output:
	// The C Programming Language <nil>
	// true
}
