package secret_test

import (
	"fmt"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func Example() {
	key := secret.Text("correct horse battery staple")
	fmt.Println("connecting with", key)
	fmt.Println("the driver gets", len(key.Reveal()), "characters")

	box, err := secret.NewRoot("a root secret of an installation").Box("notes")
	if err != nil {
		fmt.Println(err)
		return
	}
	sealed := box.Seal([]byte("meet at noon"), "row 7")
	opened, err := box.Open(sealed, "row 7")
	fmt.Println(string(opened), err)
	_, err = box.Open(sealed, "row 8")
	fmt.Println(err)
	// Output:
	// connecting with [redacted]
	// the driver gets 28 characters
	// meet at noon <nil>
	// sealed data does not open: the root secret is not the one it was sealed with, or it was changed
}
