package httpapi

import (
	"errors"
	"html/template"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// alertPages are the pages behind the link of a security mail, by locale. They send a form
// to this server only.
var alertPages = map[string]*template.Template{
	"en": template.Must(template.ParseFS(pages, "pages/alert.en.html")),
	"de": template.Must(template.ParseFS(pages, "pages/alert.de.html")),
}

func (a *API) alertEndpoints() []endpoint {
	return []endpoint{
		{
			id: "not-me-page", method: "GET", path: "/not-me/{token}", serve: alarmPage,
			summary: "A page that asks whether to end all sessions, for the link of a security mail",
		},
		{
			id: "not-me", method: "POST", path: "/not-me/{token}", serve: disown, form: true, body: &schema{optional: true},
			summary: "End all sessions, by the link of a security mail",
		},
		{
			id: "not-me-password", method: "POST", path: "/not-me", serve: choosePassword, form: true,
			summary: "Choose a new password after that", body: &schema{fields: []field{{name: "token"}, {name: "newPassword"}}},
		},
	}
}

// alert is what a page of a security mail shows.
type alert struct {
	Step   string // ask, ended, again, chosen; anything else: the link does not work
	Secret string // a reset secret, where a new password can be chosen
	Fault  string // why the password cannot be used
	Style  template.CSS
}

// alertPage answers with a page in the reader's language.
func (x *exchange) alertPage(status int, shown alert) error {
	page, ok := alertPages[x.api.Accounts.Notices.Locale(x.r.Header.Get("Accept-Language"))]
	if !ok {
		page = alertPages["en"]
	}
	shown.Style = css(pageStyle)
	header := x.w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", pagePolicy(pageStyle, "'self'"))
	header.Set("Referrer-Policy", "same-origin") // a form says where it comes from, and other sites learn nothing
	header.Set("Cache-Control", "no-store")
	x.w.WriteHeader(status)
	return page.ExecuteTemplate(x.w, "alert", shown)
}

// alarmPage asks first: programs that check mails for dangerous links follow every one.
func alarmPage(x *exchange) error {
	pending, err := x.api.Accounts.AlarmPending(x.r.Context(), x.r.PathValue("token"))
	if err != nil {
		return err
	}
	if !pending {
		return x.alertPage(http.StatusNotFound, alert{})
	}
	return x.alertPage(http.StatusOK, alert{Step: "ask"})
}

func disown(x *exchange) error {
	secret, err := x.api.Accounts.Disown(x.r.Context(), x.r.PathValue("token"), x.from(false))
	if errors.Is(err, account.ErrInvalidToken) {
		return x.alertPage(http.StatusNotFound, alert{})
	}
	if err != nil {
		return err
	}
	return x.alertPage(http.StatusOK, alert{Step: "ended", Secret: secret})
}

func choosePassword(x *exchange) error {
	secret := x.body.text("token")
	err := x.api.Accounts.ResetPassword(x.r.Context(), secret, x.body.text("newPassword"), x.from(false))
	switch f := fault.From(err); {
	case err == nil:
		return x.alertPage(http.StatusOK, alert{Step: "chosen"})
	case errors.Is(err, account.ErrInvalidToken):
		return x.alertPage(http.StatusNotFound, alert{})
	case f.Kind == fault.Invalid:
		return x.alertPage(http.StatusBadRequest, alert{Step: "again", Secret: secret, Fault: f.Message})
	}
	return err
}
