package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
)

// TestMetadata names nothing that is not there (RFC 8414; OpenID Connect Discovery 1.0).
func TestMetadata(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	for _, name := range []string{"oauth-authorization-server", "openid-configuration"} {
		recorder := httptest.NewRecorder()
		a.mux.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, authtest.Base+"/.well-known/"+name, nil))
		got := answer{recorder.Code, recorder.Header(), recorder.Body.String(), nil}
		got.wants(t, http.StatusOK, "")
		var said map[string]any
		got.decode(t, &said)
		if said["issuer"] != authtest.Base {
			t.Errorf("%s: the issuer is %v", name, said["issuer"])
		}
		for member, value := range said {
			place, isText := value.(string)
			path, own := strings.CutPrefix(place, authtest.Base+"/api/auth")
			if member == "issuer" || !isText {
				continue
			}
			method := http.MethodPost
			if member == "jwks_uri" {
				method = http.MethodGet
			}
			if there := a.do(t, request{method: method, path: path}); !own || there.status == http.StatusNotFound || there.status == http.StatusMethodNotAllowed {
				t.Errorf("%s: %s is %v, which answers %d", name, member, value, there.status)
			}
		}
	}
}
