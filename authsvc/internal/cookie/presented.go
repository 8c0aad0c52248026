package cookie

import "strings"

// Signed returns a session token in the form of the set-auth-token header.
func (j *Jar) Signed(token string) string { return j.signer.sign(token) }

// Presented returns the session token that a request proves, and whether it came in the
// Authorization header, which wins over the cookie if it holds a token.
func (j *Jar) Presented(authorization, header string) (token string, bearer, ok bool) {
	scheme, value, _ := strings.Cut(authorization, " ")
	if strings.EqualFold(scheme, "Bearer") {
		if token, ok := j.bearer(strings.TrimSpace(value)); ok {
			return token, true, true
		}
	}
	raw, ok := find(header, j.name(sessionName))
	if !ok {
		return "", false, false
	}
	token, ok = j.signer.verify(raw)
	return token, false, ok
}

// bearer reads a bearer token: a session token as it is, or with its signature.
func (j *Jar) bearer(value string) (string, bool) {
	if value == "" || len(value) > maxHeader {
		return "", false
	}
	if !strings.Contains(value, ".") {
		return value, true
	}
	return j.signer.verify(decode(value))
}
