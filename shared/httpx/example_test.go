package httpx_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

func Example() {
	errUnknown := fault.New(fault.NotFound, "catalog.book_unknown", "There is no such book.")
	table, err := httpx.NewTable([]httpx.Route{{
		ID: "book-find", Method: http.MethodGet, Path: "/api/v1/books/{isbn}", Guard: httpx.Public(),
		Doc: httpx.Doc{Summary: "Find a book", Response: httpx.SchemaOf[author]()},
		Handle: func(w http.ResponseWriter, r *http.Request) error {
			if r.PathValue("isbn") != "1" {
				return errUnknown
			}
			return httpx.WriteJSON(w, author{Name: "Jane Austen"})
		},
	}}, zerolog.Nop())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range []string{"/api/v1/books/1", "/api/v1/books/2"} {
		answer := httptest.NewRecorder()
		table.Handler("book-find").ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		fmt.Println(answer.Code, answer.Body)
	}

	_, err = httpx.NewTable([]httpx.Route{{ID: "book-burn", Method: http.MethodDelete, Path: "/api/v1/books"}}, zerolog.Nop())
	fmt.Println(err)
	// Output:
	// 200 {"name":"Jane Austen"}
	// 404 {"type":"about:blank","title":"Not Found","status":404,"detail":"There is no such book.","code":"catalog.book_unknown"}
	// route book-burn: no valid guard: say who may call it
}
