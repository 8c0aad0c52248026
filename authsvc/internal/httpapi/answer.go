package httpapi

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
)

// stamp is a time as the client reads it: UTC with exactly three fraction digits.
type stamp time.Time

// MarshalText implements encoding.TextMarshaler.
func (s stamp) MarshalText() ([]byte, error) {
	return time.Time(s).UTC().AppendFormat(nil, "2006-01-02T15:04:05.000Z"), nil
}

func stampOf(t *time.Time) *stamp {
	if t == nil {
		return nil
	}
	s := stamp(*t)
	return &s
}

// userAnswer is a user as the protocol shows it.
type userAnswer struct {
	Name             string  `json:"name"`
	Email            string  `json:"email"`
	EmailVerified    bool    `json:"emailVerified"`
	Image            *string `json:"image"`
	CreatedAt        stamp   `json:"createdAt"`
	UpdatedAt        stamp   `json:"updatedAt"`
	TwoFactorEnabled bool    `json:"twoFactorEnabled"`
	Role             string  `json:"role"`
	Banned           bool    `json:"banned"`
	BanReason        *string `json:"banReason"`
	BanExpires       *stamp  `json:"banExpires"`
	Username         *string `json:"username"`
	DisplayUsername  *string `json:"displayUsername"`
	IsAnonymous      bool    `json:"isAnonymous"`
	PhoneNumber      *string `json:"phoneNumber"`
	PhoneVerified    *bool   `json:"phoneNumberVerified"`
	ID               string  `json:"id"`
}

func answerUser(u account.User) userAnswer {
	return userAnswer{
		Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, Image: u.Image,
		CreatedAt: stamp(u.CreatedAt), UpdatedAt: stamp(u.UpdatedAt), TwoFactorEnabled: u.TwoFactorEnabled, Role: u.Role(),
		Banned: u.Banned, BanReason: u.BanReason, BanExpires: stampOf(u.BanExpires),
		Username: u.Username, DisplayUsername: u.DisplayName,
		IsAnonymous: u.Anonymous, PhoneNumber: u.PhoneNumber, PhoneVerified: u.PhoneVerified(), ID: u.ID,
	}
}

// sessionAnswer is a session as the protocol shows it. Token is the handle: it names the
// session for revocation and proves nothing (ADR 0002).
type sessionAnswer struct {
	ExpiresAt      stamp   `json:"expiresAt"`
	Token          string  `json:"token"`
	CreatedAt      stamp   `json:"createdAt"`
	UpdatedAt      stamp   `json:"updatedAt"`
	IPAddress      string  `json:"ipAddress"`
	UserAgent      string  `json:"userAgent"`
	UserID         string  `json:"userId"`
	ImpersonatedBy *string `json:"impersonatedBy"`
	ID             string  `json:"id"`

	ImpersonationReason string `json:"impersonationReason,omitempty"`
}

func answerSession(s session.Session) sessionAnswer {
	answer := sessionAnswer{
		ExpiresAt: stamp(s.ExpiresAt), Token: s.TokenHash.Handle(), CreatedAt: stamp(s.CreatedAt), UpdatedAt: stamp(s.UpdatedAt),
		IPAddress: s.IP, UserAgent: s.UserAgent, UserID: s.UserID, ID: s.ID, ImpersonationReason: s.Impersonation.Reason,
	}
	if s.Impersonated() {
		answer.ImpersonatedBy = &s.Impersonation.By
	}
	return answer
}

type sessionAndUser struct {
	Session sessionAnswer `json:"session"`
	User    userAnswer    `json:"user"`
}

// statusAnswer is the answer of endpoints that have nothing to say but that it worked.
type statusAnswer struct {
	Status bool `json:"status"`
}

// askedAnswer asks for a second factor, in place of whatever a sign-in answers else.
type askedAnswer struct {
	TwoFactorRedirect bool     `json:"twoFactorRedirect"`
	TwoFactorMethods  []string `json:"twoFactorMethods"`
}
