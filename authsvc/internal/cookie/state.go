package cookie

import "time"

const (
	stateName = "better-auth.state"
	stateLife = 5 * time.Minute
)

// State returns the cookie that binds a sign-in through a provider to this browser.
func (j *Jar) State(state string) Cookie { return j.signed(j.name(stateName), state, stateLife) }

// StateOf returns the state that the browser holds, "" for none.
func (j *Jar) StateOf(header string) string {
	raw, ok := find(header, j.name(stateName))
	if !ok {
		return ""
	}
	state, _ := j.signer.verify(raw)
	return state
}

// ExpireState returns the cookie that takes it back.
func (j *Jar) ExpireState() Cookie { return j.expired(j.name(stateName)) }
