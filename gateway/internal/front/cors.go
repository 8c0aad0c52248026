package front

import "net/http"

const (
	corsMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"
	corsHeaders = "Content-Type, Authorization, X-Captcha-Response, X-Request-Id, Traceparent"
)

// Shared by all answers: who adds to such a list gets one of their own.
var (
	varies = []string{"Origin"}
	yes    = []string{"true"}
)

// answered adds the CORS headers for a trusted origin (ASVS V3.4.2), and answers the request itself
// if it is a preflight (Fetch Standard, section 3.2).
func (f *Front) answered(w http.ResponseWriter, r *http.Request) bool {
	header := w.Header()
	header["Vary"] = varies
	origin := r.Header.Get("Origin")
	trusted := f.Origins.TrustsOrigin(origin)
	if trusted {
		header["Access-Control-Allow-Origin"] = []string{origin}
		header["Access-Control-Allow-Credentials"] = yes
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
