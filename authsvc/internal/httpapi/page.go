package httpapi

import (
	"html/template"
	"net/http"
	"regexp"
)

var errorCode = regexp.MustCompile(`^[A-Za-z0-9_'-]+$`)

// errorLayout has no script and no style: nothing in it needs a wider policy.
var errorLayout = template.Must(template.New("error").Parse(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Sign-in error</title></head>
<body>
<h1>Something went wrong</h1>
<p>The sign-in could not be finished. Go back to the application and try again; if a link from a mail led you here, ask for a new one.</p>
<p>Error: <code>{{.Code}}</code></p>
{{with .Description}}<p>{{.}}</p>{{end}}
</body>
</html>
`))

func errorPage(x *exchange) error {
	query := x.r.URL.Query()
	code := query.Get("error")
	if !errorCode.MatchString(code) || len(code) > 100 {
		code = "UNKNOWN"
	}
	description := cleanText(query.Get("error_description"))
	if len(description) > maxName {
		description = ""
	}
	x.w.Header().Set("Content-Type", "text/html")
	x.w.WriteHeader(http.StatusOK)
	return errorLayout.Execute(x.w, struct{ Code, Description string }{code, description})
}
