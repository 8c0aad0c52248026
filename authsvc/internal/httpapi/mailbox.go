package httpapi

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// MailboxRoutes show the mails that development mode keeps instead of sending. They must
// be published in development only: they let everybody read everybody's mail.
func MailboxRoutes(box *mail.Mailbox) []httpx.Route {
	serve := func(handler http.HandlerFunc) httpx.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) error {
			handler(w, r)
			return nil
		}
	}
	return []httpx.Route{
		{
			ID: "mailbox-page", Method: "GET", Path: "/dev/mailbox", Guard: httpx.Public(), Handle: serve(box.ServePage),
			Doc: httpx.Doc{Summary: "Mails of development mode, as a page", Tag: "development", Produces: "text/html"},
		},
		{
			ID: "mailbox", Method: "GET", Path: "/dev/mailbox.json", Guard: httpx.Public(), Handle: serve(box.ServeJSON),
			Doc: httpx.Doc{Summary: "Mails of development mode, newest first", Tag: "development", Query: map[string]string{"to": "only those to this address"}},
		},
		{
			ID: "mailbox-clear", Method: "DELETE", Path: "/dev/mailbox.json", Guard: httpx.Public(), Handle: serve(box.ServeJSON),
			Doc: httpx.Doc{Summary: "Forget the mails of development mode", Tag: "development", Query: map[string]string{"to": "only those to this address"}},
		},
	}
}
