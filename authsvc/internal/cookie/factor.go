package cookie

import (
	"encoding/base64"
	"strings"
	"time"
)

// How long a browser keeps a challenge and the trust of a user.
const (
	challengeLife = 10 * time.Minute
	trustLife     = 30 * 24 * time.Hour
)

// Challenge returns the cookies that give a browser the question for a second factor: its
// id, and no session. before is the Cookie header of the request; whether the user is to be
// remembered is marked as Session does.
func (j *Jar) Challenge(id string, remember bool, before string) []Cookie {
	var cookies []Cookie
	switch {
	case !remember:
		cookies = append(cookies, j.signed(j.name(forgetName), "true", 0))
	case j.DontRemember(before):
		cookies = append(cookies, j.expired(j.name(forgetName)))
	}
	return append(cookies, j.expired(j.name(sessionName)), j.expired(j.name(dataName)), j.signed(j.name(factorName), id, challengeLife))
}

// ChallengeID returns the id of the challenge that the browser holds, "" for none.
func (j *Jar) ChallengeID(header string) string {
	raw, ok := find(header, j.name(factorName))
	if !ok {
		return ""
	}
	id, _ := j.signer.verify(raw)
	return id
}

// ExpireChallenge returns the cookie that takes a challenge back.
func (j *Jar) ExpireChallenge() Cookie { return j.expired(j.name(factorName)) }

// TrustDevice returns the cookie by which a browser shows that the user trusts it. Its
// value is base64url(HMAC-SHA-256(secret, user "!" id)) "!" id, signed as the others are.
func (j *Jar) TrustDevice(userID, id string) Cookie {
	return j.signed(j.name(trustName), j.trust(userID, id)+"!"+id, trustLife)
}

func (j *Jar) trust(userID, id string) string {
	sum := j.signer.mac(userID + "!" + id)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// TrustedDevice returns the id that the browser shows itself by, "" for none. Whether a
// user trusts it is for the storage to say.
func (j *Jar) TrustedDevice(header string) string {
	raw, ok := find(header, j.name(trustName))
	if !ok {
		return ""
	}
	value, _ := j.signer.verify(raw)
	_, id, _ := strings.Cut(value, "!")
	return id
}

// ExpireTrust returns the cookie that takes the trust back.
func (j *Jar) ExpireTrust() Cookie { return j.expired(j.name(trustName)) }

// Remembered returns the cookie that takes the mark of a session back that is not remembered.
func (j *Jar) Remembered() Cookie { return j.expired(j.name(forgetName)) }
