package cookie

import (
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Names of the protocol's cookies, before the prefix that https adds.
const (
	securePrefix = "__Secure-"
	sessionName  = "better-auth.session_token"
	dataName     = "better-auth.session_data"
	forgetName   = "better-auth.dont_remember"
	deviceMark   = "_multi-"
	factorName   = "better-auth.two_factor"
	trustName    = "better-auth.trust_device"
	methodName   = "better-auth.last_used_login_method" // never prefixed
)

// How long a browser keeps cookies; no lifetime may exceed 400 days (RFC 6265bis).
const (
	sessionLife = 7 * 24 * time.Hour
	methodLife  = 30 * 24 * time.Hour
)

// Jar knows the cookies of one installation. It is immutable, and safe for concurrent use.
type Jar struct {
	signer signer
	secure bool
}

// New returns the Jar of an installation; secure if its public origin is https.
func New(root secret.Root, secure bool) *Jar {
	return &Jar{newSigner(root.Text().Reveal()), secure}
}

// name returns the full name of one of the protocol's cookies.
func (j *Jar) name(base string) string {
	if j.secure {
		return securePrefix + base
	}
	return base
}

// SessionName returns the name of the cookie that carries a session.
func (j *Jar) SessionName() string { return j.name(sessionName) }

// signed returns a cookie with a signed value; life 0: until the browser closes.
func (j *Jar) signed(name, value string, life time.Duration) Cookie {
	c := Cookie{Name: name, Value: encode(j.signer.sign(value)), Secure: j.secure}
	if life > 0 {
		seconds := int(life.Seconds())
		c.MaxAge = &seconds
	}
	return c
}

// expired returns the cookie that removes the one with the name.
func (j *Jar) expired(name string) Cookie {
	now := 0
	return Cookie{Name: name, MaxAge: &now, Secure: j.secure}
}

// Session returns the cookies that give a browser a session: until it ends if the user is
// to be remembered, else until the browser closes. before is the Cookie header of the
// request, whose mark of the other choice is taken back.
func (j *Jar) Session(token string, remember bool, before string) []Cookie {
	if !remember {
		return []Cookie{j.signed(j.name(sessionName), token, 0), j.signed(j.name(forgetName), "true", 0)}
	}
	cookies := []Cookie{j.signed(j.name(sessionName), token, sessionLife)}
	if j.DontRemember(before) {
		cookies = append(cookies, j.expired(j.name(forgetName)))
	}
	return cookies
}

// ExpireSession returns the cookies that take a session back from a browser.
func (j *Jar) ExpireSession() []Cookie {
	return []Cookie{j.expired(j.name(sessionName)), j.expired(j.name(dataName)), j.expired(j.name(forgetName))}
}

// ExpireData returns the cookies that take back a copy of the session that another server
// gave the browser, whole or in numbered parts: this one makes none and trusts none.
func (j *Jar) ExpireData(header string) []Cookie {
	name := j.name(dataName)
	if !strings.Contains(header, name) { // nearly always
		return nil
	}
	var cookies []Cookie
	for _, p := range pairs(header) {
		if p.name == name || strings.HasPrefix(p.name, name+".") {
			cookies = append(cookies, j.expired(p.name))
		}
	}
	return cookies
}

// DontRemember reports whether the browser's session is one that is not remembered.
func (j *Jar) DontRemember(header string) bool {
	raw, ok := find(header, j.name(forgetName))
	if !ok {
		return false
	}
	_, ok = j.signer.verify(raw)
	return ok
}

// LastMethod returns the hint that tells a sign-in form how its user signed in last.
func (j *Jar) LastMethod(method string) Cookie {
	seconds := int(methodLife.Seconds())
	return Cookie{Name: methodName, Value: method, MaxAge: &seconds, Script: true, Secure: j.secure}
}
