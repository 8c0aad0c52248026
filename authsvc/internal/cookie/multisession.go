package cookie

import "strings"

// Held is one of several sessions that a browser holds.
type Held struct{ Name, Token string }

// Device returns the cookie that adds a session to those that the browser holds.
func (j *Jar) Device(token string) Cookie {
	return j.signed(j.name(sessionName)+deviceMark+strings.ToLower(token), token, sessionLife)
}

// ExpireDevice returns the cookie that takes one of them back.
func (j *Jar) ExpireDevice(h Held) Cookie { return j.expired(h.Name) }

// DeviceSessions returns the sessions that the browser holds: those whose signature holds
// and whose cookie is named after them.
func (j *Jar) DeviceSessions(header string) []Held {
	prefix := j.name(sessionName) + deviceMark
	var held []Held
	for _, p := range pairs(header) {
		if !strings.HasPrefix(p.name, prefix) {
			continue
		}
		if token, ok := j.signer.verify(p.value); ok && p.name == prefix+strings.ToLower(token) {
			held = append(held, Held{p.name, token})
		}
	}
	return held
}
