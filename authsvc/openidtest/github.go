package openidtest

import (
	"net/http"
	"strconv"
)

func (p *Provider) gitHubUser(w http.ResponseWriter, r *http.Request) {
	who, ok := p.bearer(r)
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	id, _ := strconv.ParseInt(who.Subject, 10, 64)
	answer(w, map[string]any{"id": id, "login": "ada", "name": who.Name, "email": nil, "avatar_url": who.Picture})
}

func (p *Provider) gitHubEmails(w http.ResponseWriter, r *http.Request) {
	who, ok := p.bearer(r)
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	answer(w, []map[string]any{
		{"email": "other@example.com", "primary": false, "verified": true},
		{"email": who.Email, "primary": true, "verified": who.Verified == true},
	})
}
