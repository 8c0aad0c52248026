package scenario

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
)

// HeldToken is the token of one of the sessions that a benchmark has written into the
// database by itself.
func HeldToken(number int) string { return fmt.Sprintf("bench-session-%d", number) }

// UserID signs the visitor up and returns who they are.
func (v *Visitor) UserID(ctx context.Context) (string, error) {
	account, err := v.signedUp(ctx)
	if err != nil {
		return "", err
	}
	var answer struct {
		User struct {
			ID string `json:"id"`
		} `json:"user"`
	}
	_, err = v.ask(ctx, call{method: http.MethodGet, path: sessionPath, cookie: account.Cookie}, &answer)
	return answer.User.ID, err
}

// Held asks for any of the sessions from 1 to n that the visitor has, at random.
func Held(v *Visitor, n int) load.Script {
	return &held{v.address, v.email(""), func() int { return 1 + rand.IntN(n) }}
}

// HeldOnce asks for each session from first to last, one after the other.
func HeldOnce(v *Visitor, first, last int) load.Script {
	next := first - 1
	return &held{v.address, v.email(""), func() int { next = min(next+1, last); return next }}
}

type held struct {
	address string
	email   string
	number  func() int
}

// Next implements load.Script.
func (h *held) Next(buf []byte) []byte {
	return call{method: http.MethodGet, path: sessionPath, authorization: "Bearer " + HeldToken(h.number())}.append(buf, h.address)
}

// Take implements load.Script.
func (h *held) Take(status int, body []byte) error {
	if status != http.StatusOK || !bytes.Contains(body, []byte(h.email)) {
		return unexpected(status, body)
	}
	return nil
}
