package test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// passwordless signs people up and in by codes and links, and takes an account from who made
// it with somebody else's address (Better Auth CVE-2026-53516).
func (s *suite) passwordless(t *testing.T) {
	t.Run("by a mailed code", func(t *testing.T) {
		t.Parallel()
		email := fmt.Sprintf("person-%d@example.com", s.people.Add(1))
		thief := s.signUpAs(t, email)
		ask := map[string]any{"email": email, "type": "sign-in"}
		s.status(t, "ask for a code", s.visitor().send(t, "POST /api/auth/email-otp/send-verification-otp", ask), 200)
		code := s.code(t, email)
		owner := s.visitor()
		wrong := owner.send(t, "POST /api/auth/sign-in/email-otp", map[string]any{"email": email, "otp": "x" + code})
		s.status(t, "a wrong code", wrong, 400)
		in := owner.send(t, "POST /api/auth/sign-in/email-otp", map[string]any{"email": email, "otp": code})
		s.status(t, "the code", in, 200)
		s.hide(in.at("token"))
		s.is(t, "whose account it is", in.at("user.id"), thief.id)
		s.status(t, "the owner's session", owner.send(t, "GET /api/v1/me", nil), 200)
		s.status(t, "the session of who made the account", thief.send(t, "GET /api/v1/me", nil), 401)
		s.status(t, "the code again", s.visitor().send(t, "POST /api/auth/sign-in/email-otp", map[string]any{"email": email, "otp": code}), 400)
		password := map[string]any{"email": email, "password": thief.password}
		s.status(t, "the password of who made the account", s.visitor().send(t, "POST /api/auth/sign-in/email", password), 401)
	})

	t.Run("by a mailed link", func(t *testing.T) {
		t.Parallel()
		email := fmt.Sprintf("person-%d@example.com", s.people.Add(1))
		ask := map[string]any{"email": email, "name": "Some Body", "callbackURL": shape.Origin + "/home", "newUserCallbackURL": shape.Origin + "/welcome"}
		s.status(t, "ask for a link", s.visitor().send(t, "POST /api/auth/sign-in/magic-link", ask), 200)
		link := s.path(t, s.mailed(t, email, "sign in"))
		v := s.visitor()
		followed := v.send(t, "GET "+link, nil)
		s.status(t, "follow it", followed, 302)
		s.is(t, "where it leads", followed.header.Get("Location"), shape.Origin+"/welcome")
		s.status(t, "signed in", v.send(t, "GET /api/v1/me", nil), 200)
		again := s.visitor().send(t, "GET "+link, nil)
		s.is(t, "where it leads again", again.header.Get("Location"), shape.Origin+"/home?error=INVALID_TOKEN")
	})

	t.Run("by a text message", func(t *testing.T) {
		t.Parallel()
		number := fmt.Sprintf("+4915550%06d", s.people.Add(1))
		s.status(t, "ask for a code", s.visitor().send(t, "POST /api/auth/phone-number/send-otp", map[string]any{"phoneNumber": number}), 200)
		v, proof := s.visitor(), map[string]any{"phoneNumber": number, "code": s.code(t, number)}
		in := v.send(t, "POST /api/auth/phone-number/verify", proof)
		s.status(t, "sign up", in, 200)
		s.hide(in.at("token"))
		s.is(t, "whose number it is", in.at("user.phoneNumber"), number)
		s.status(t, "signed in", v.send(t, "GET /api/v1/me", nil), 200)
		s.status(t, "the code again", s.visitor().send(t, "POST /api/auth/phone-number/verify", proof), 400)
	})
}

// code returns the one-time code of the newest message to an address or a number.
func (s *suite) code(t *testing.T, to string) (code string) {
	t.Helper()
	shape.Until(t, 10*time.Second, func(context.Context) error {
		for _, message := range s.visitor().send(t, "GET /dev/mailbox.json?to="+url.QueryEscape(to), nil).list("") {
			if code, _ = message["code"].(string); code != "" {
				return nil
			}
		}
		return fmt.Errorf("no message with a code to %s", to)
	})
	return code
}
