package cookie

import "strings"

// administratorName is the cookie that keeps somebody's own session while they act as
// another user.
const administratorName = "better-auth.admin_session"

// Administrator returns the cookie that keeps the own session of somebody who begins to act
// as another user, and whether it is remembered.
func (j *Jar) Administrator(token string, remember bool) Cookie {
	mark := ""
	if !remember {
		mark = "true"
	}
	return j.signed(j.name(administratorName), token+":"+mark, sessionLife)
}

// OwnSession returns the session that Administrator kept; false if there is none.
func (j *Jar) OwnSession(header string) (token string, remember, ok bool) {
	raw, ok := find(header, j.name(administratorName))
	if !ok {
		return "", false, false
	}
	value, ok := j.signer.verify(raw)
	if !ok {
		return "", false, false
	}
	token, mark, ok := strings.Cut(value, ":")
	return token, mark == "", ok && token != ""
}

// ExpireAdministrator returns the cookie that takes it back.
func (j *Jar) ExpireAdministrator() Cookie { return j.expired(j.name(administratorName)) }
