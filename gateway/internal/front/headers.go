package front

import "net/http"

// secure sets the headers that every answer carries. A module may replace the policy of
// a page of its own.
func (f *Front) secure(header http.Header) {
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	header.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	header.Set("Cache-Control", "no-store")
	if f.HTTPS {
		header.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}
