package weborigin_test

import (
	"fmt"

	"github.com/gatehouse-auth/gatehouse/shared/weborigin"
)

func Example() {
	trusted := weborigin.New("https://app.example.com", "https://*.preview.example.com")
	fmt.Println(trusted.TrustsOrigin("https://pr-7.preview.example.com"))
	fmt.Println(trusted.Trusts("https://app.example.com/welcome"))
	fmt.Println(trusted.Trusts("https://app.example.com@evil.example/"))
	// Output:
	// true
	// true
	// false
}
