package httpapi

import (
	"encoding/base64"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/grant"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// Identifiers of grants and token types at the token endpoint.
const (
	grantRefresh  = "refresh_token"
	grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	typeAccess    = "urn:ietf:params:oauth:token-type:access_token"
	typeSession   = "urn:gatehouse:token-type:session"
)

var errGrantType = fault.New(fault.Invalid, "unsupported_grant_type",
	"This endpoint grants for refresh_token and for token exchange of a session.")

// oauthPath is where the OAuth endpoints are.
const oauthPath = basePath + "/oauth2/"

// oauthRoutes are the OAuth 2.0 endpoints. They take forms and answer as their RFCs say.
func (a *API) oauthRoutes() []httpx.Route {
	row := func(id, path, summary string, response *httpx.Schema, serve func(*oauthRequest) (any, error)) httpx.Route {
		return httpx.Route{
			ID: id, Method: "POST", Path: oauthPath + path, Guard: httpx.Module(), Errors: httpx.OAuth, MaxBody: 16 << 10,
			Doc: httpx.Doc{Summary: summary, Tag: "oauth2", Response: response},
			Handle: func(w http.ResponseWriter, r *http.Request) error {
				if err := a.limit(w, r, "/oauth2/"+path); err != nil {
					return err
				}
				return a.oauth(w, r, serve)
			},
		}
	}
	return []httpx.Route{
		row("oauth2-token", "token", "Grant a token pair: RFC 6749 section 6, RFC 8693", httpx.SchemaOf[pairAnswer](), a.grantToken),
		row("oauth2-revoke", "revoke", "End a token: RFC 7009", nil, a.revokeToken),
		row("oauth2-introspect", "introspect", "Say what a token is worth: RFC 7662", httpx.SchemaOf[introspectAnswer](), a.introspectToken),
	}
}

// limit applies the limits per address, with the protocol's header on a refusal.
func (a *API) limit(w http.ResponseWriter, r *http.Request, path string) error {
	if a.Limits == nil {
		return nil
	}
	err := a.Limits.Take(httpx.ClientIP(r), path)
	if err != nil {
		w.Header().Set("X-Retry-After", seconds(fault.From(err).RetryAfter))
	}
	return err
}

// oauthRequest is a form with its authenticated client.
type oauthRequest struct {
	*http.Request
	form   url.Values
	client string
}

// oauth reads the form, authenticates the client, serves, and forbids storing the answer.
func (a *API) oauth(w http.ResponseWriter, r *http.Request, serve func(*oauthRequest) (any, error)) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	credentials, err := clientOf(r, form)
	if err != nil {
		return err
	}
	client, err := grant.Authenticate(credentials)
	if err != nil {
		return err
	}
	answer, err := serve(&oauthRequest{r, form, client})
	if err != nil {
		return err
	}
	uncached(w.Header())
	if answer == nil {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	return httpx.WriteJSON(w, answer)
}

// readForm reads a form body. No parameter may be given twice (RFC 6749, section 3.2).
func readForm(r *http.Request) (url.Values, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != mediaForm {
		return nil, grant.ErrInvalidRequest.WithMessage("Send the parameters as " + mediaForm + ".")
	}
	if err := r.ParseForm(); err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return nil, httpx.ErrTooLarge
		}
		return nil, grant.ErrInvalidRequest.With(err)
	}
	for name, all := range r.PostForm {
		if len(all) > 1 {
			return nil, grant.ErrInvalidRequest.WithMessage("The parameter " + cleanText(name) + " is given twice.")
		}
	}
	return r.PostForm, nil
}

// clientOf finds the client's credentials, in the header or in the body, never in both
// (RFC 6749, section 2.3.1).
func clientOf(r *http.Request, form url.Values) (grant.Client, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return grant.Client{ID: form.Get("client_id"), Secret: form.Get("client_secret")}, nil
	}
	if form.Has("client_secret") {
		return grant.Client{}, grant.ErrInvalidRequest.WithMessage("Authenticate the client in one way, not in two.")
	}
	scheme, encoded, _ := strings.Cut(header, " ")
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !strings.EqualFold(scheme, "Basic") {
		return grant.Client{}, grant.ErrInvalidClient
	}
	id, secret, _ := strings.Cut(string(decoded), ":")
	id, errID := url.QueryUnescape(id)
	secret, errSecret := url.QueryUnescape(secret)
	if errID != nil || errSecret != nil || (form.Has("client_id") && form.Get("client_id") != id) {
		return grant.Client{}, grant.ErrInvalidClient
	}
	return grant.Client{ID: id, Secret: secret}, nil
}

// pairAnswer is the answer of RFC 6749, section 5.1, and RFC 8693, section 2.2.1.
type pairAnswer struct {
	AccessToken     string `json:"access_token"`
	TokenType       string `json:"token_type"`
	ExpiresIn       int    `json:"expires_in"`
	RefreshToken    string `json:"refresh_token"`
	Scope           string `json:"scope,omitempty"`
	IssuedTokenType string `json:"issued_token_type,omitempty"`
}

func (a *API) grantToken(r *oauthRequest) (any, error) {
	scope := strings.Fields(r.form.Get("scope"))
	var pair grant.Pair
	var err error
	issued := ""
	switch r.form.Get("grant_type") {
	case grantRefresh:
		if r.form.Get("refresh_token") == "" {
			return nil, grant.ErrInvalidRequest.WithMessage("refresh_token is missing.")
		}
		pair, err = a.Grants.Refresh(r.Context(), r.form.Get("refresh_token"), r.client, scope)
	case grantExchange:
		if err := checkExchange(r.form); err != nil {
			return nil, err
		}
		issued = typeAccess
		pair, err = a.Grants.Exchange(r.Context(), r.form.Get("subject_token"), r.client, scope)
	case "":
		return nil, grant.ErrInvalidRequest.WithMessage("grant_type is missing.")
	default:
		return nil, errGrantType
	}
	if err != nil {
		return nil, err
	}
	return pairAnswer{
		AccessToken: pair.Access, TokenType: "Bearer", ExpiresIn: int(pair.ExpiresIn.Seconds()),
		RefreshToken: pair.Refresh, Scope: strings.Join(pair.Scope, " "), IssuedTokenType: issued,
	}, nil
}

func checkExchange(form url.Values) error {
	switch {
	case form.Get("subject_token") == "":
		return grant.ErrInvalidRequest.WithMessage("subject_token is missing.")
	case form.Get("subject_token_type") != typeSession:
		return grant.ErrInvalidRequest.WithMessage("subject_token_type must be " + typeSession + ".")
	case form.Has("requested_token_type") && form.Get("requested_token_type") != typeAccess:
		return grant.ErrInvalidRequest.WithMessage("requested_token_type must be " + typeAccess + ".")
	case form.Has("actor_token") || form.Has("resource") || form.Has("audience"):
		return grant.ErrInvalidRequest.WithMessage("actor_token, resource and audience are not supported.")
	}
	return nil
}

func (a *API) revokeToken(r *oauthRequest) (any, error) {
	if r.form.Get("token") == "" {
		return nil, grant.ErrInvalidRequest.WithMessage("token is missing.")
	}
	return nil, a.Grants.Revoke(r.Context(), r.form.Get("token"), r.client)
}

// introspectAnswer is the answer of RFC 7662, section 2.2.
type introspectAnswer struct {
	Active    bool   `json:"active"`
	TokenType string `json:"token_type,omitempty"`
	Sub       string `json:"sub,omitempty"`
	SID       string `json:"sid,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
	Scope     string `json:"scope,omitempty"`
	Exp       int64  `json:"exp,omitempty"`
}

func (a *API) introspectToken(r *oauthRequest) (any, error) {
	if r.form.Get("token") == "" {
		return nil, grant.ErrInvalidRequest.WithMessage("token is missing.")
	}
	in, err := a.Grants.Introspect(r.Context(), r.form.Get("token"), r.client)
	if err != nil || !in.Active {
		return introspectAnswer{}, err
	}
	return introspectAnswer{
		Active: true, TokenType: in.TokenType, Sub: in.Subject, SID: in.SID, ClientID: in.ClientID,
		Scope: strings.Join(in.Scope, " "), Exp: in.Expires.Unix(),
	}, nil
}
