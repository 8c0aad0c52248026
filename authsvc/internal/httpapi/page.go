package httpapi

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"regexp"
)

// pages are the pages that people see. They run nothing and load nothing; each carries its
// style with it.
//
//go:embed pages
var pages embed.FS

//go:embed pages/page.css
var pageStyle string //nolint:gochecknoglobals // embedded, and never written

// pagePolicy is the gateway's policy with two exceptions: a page's own style, by its hash,
// and forms to where the page sends them ('none' or 'self').
func pagePolicy(style, forms string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action " + forms + "; style-src 'sha256-" +
		base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// css is a style of ours as a template takes it.
func css(style string) template.CSS {
	return template.CSS(style) //nolint:gosec // embedded, not from a request
}

var errorCode = regexp.MustCompile(`^[A-Za-z0-9_'-]+$`)

var errorLayout = template.Must(template.ParseFS(pages, "pages/error.html"))

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
	header := x.w.Header()
	header.Set("Content-Type", "text/html")
	header.Set("Content-Security-Policy", pagePolicy(pageStyle, "'none'"))
	x.w.WriteHeader(http.StatusOK)
	return errorLayout.ExecuteTemplate(x.w, "error", struct {
		Style             template.CSS
		Code, Description string
	}{css(pageStyle), code, description})
}
