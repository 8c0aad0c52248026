package httpapi

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// metadata is what OAuth clients find out by themselves (RFC 8414, section 2). It names
// what there is: people do not authorize clients here yet, so it has no authorization
// endpoint and no response types.
type metadata struct {
	Issuer            string   `json:"issuer"`
	TokenURL          string   `json:"token_endpoint"`
	KeysURL           string   `json:"jwks_uri"`
	GrantTypes        []string `json:"grant_types_supported"`
	ResponseTypes     []string `json:"response_types_supported"`
	ClientAuth        []string `json:"token_endpoint_auth_methods_supported"`
	RevocationURL     string   `json:"revocation_endpoint"`
	RevocationAuth    []string `json:"revocation_endpoint_auth_methods_supported"`
	IntrospectionURL  string   `json:"introspection_endpoint"`
	IntrospectionAuth []string `json:"introspection_endpoint_auth_methods_supported"`

	// Of OpenID Connect Discovery, section 3: how the tokens are signed that name a user.
	SubjectTypes []string `json:"subject_types_supported"`
	Algorithms   []string `json:"id_token_signing_alg_values_supported"`
}

// metadataRoutes serve the metadata where both specifications look for that of an issuer
// without a path: RFC 8414, section 3, and OpenID Connect Discovery, section 4.
func (a *API) metadataRoutes() []httpx.Route {
	row := func(id, name, summary string) httpx.Route {
		return httpx.Route{
			ID: id, Method: "GET", Path: "/.well-known/" + name, Guard: httpx.Public(), Handle: a.serveMetadata,
			Doc: httpx.Doc{Summary: summary, Tag: "oauth2", Response: httpx.SchemaOf[metadata]()},
		}
	}
	return []httpx.Route{
		row("oauth2-metadata", "oauth-authorization-server", "What the OAuth endpoints can do: RFC 8414"),
		row("openid-metadata", "openid-configuration", "The same, for clients that look for it as OpenID Connect does"),
	}
}

func (a *API) serveMetadata(w http.ResponseWriter, _ *http.Request) error {
	public := []string{"none"} // the one client there is has no secret
	return httpx.WriteJSON(w, metadata{
		Issuer: a.Base, TokenURL: a.Base + oauthPath + "token", KeysURL: a.Base + basePath + "/jwks",
		GrantTypes: []string{grantRefresh, grantExchange}, ResponseTypes: []string{}, ClientAuth: public,
		RevocationURL: a.Base + oauthPath + "revoke", RevocationAuth: public,
		IntrospectionURL: a.Base + oauthPath + "introspect", IntrospectionAuth: public,
		SubjectTypes: []string{"public"}, Algorithms: []string{"EdDSA"},
	})
}
