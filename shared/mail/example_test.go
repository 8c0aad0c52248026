package mail_test

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

func ExampleMailbox() {
	box := mail.NewMailbox(time.Now)
	var sender mail.Sender = box // or a Resend, or an SMTP

	err := sender.Send(context.Background(), mail.Message{
		ID: "order-17.shipped", To: "ada@example.com", Subject: "Your cup is on its way", Text: "It arrives on Monday.",
	})
	fmt.Println(err)
	for _, m := range box.List("ADA@example.com") {
		fmt.Println(m.To, "-", m.Subject)
	}
	// Output:
	// <nil>
	// ada@example.com - Your cup is on its way
}

func ExampleParseAddress() {
	fmt.Println(mail.ParseAddress("Ada@Example.com"))
	fmt.Println(mail.ParseAddress("ada@example.com, eve@example.com"))
	// Output:
	// ada@example.com <nil>
	//  mail.address: That is not an e-mail address. Give one such as name@example.com.
}
