package front

import "net/http"

const (
	corsMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"
	corsHeaders = "Content-Type, Authorization, X-Captcha-Response, X-Request-Id, Traceparent"
)

// answered adds the CORS headers for a trusted origin (ASVS V3.4.2), and answers the request itself
// if it is a preflight (Fetch Standard, section 3.2).
func (f *Front) answered(w http.ResponseWriter, r *http.Request) bool {
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	trusted := f.Origins.TrustsOrigin(origin)
	if trusted {
		header.Set("Access-Control-Allow-Origin", origin)
		header.Set("Access-Control-Allow-Credentials", "true")
	}
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	if trusted {
		header.Set("Access-Control-Allow-Methods", corsMethods)
		header.Set("Access-Control-Allow-Headers", corsHeaders)
		header.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}
