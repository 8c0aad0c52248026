package grant

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
)

// clientClaims are what the client protocol's JWT says of a session and its user.
func clientClaims(current account.SignedIn) token.ClientClaims {
	u := current.User
	claims := token.ClientClaims{
		Subject: u.ID, SID: current.Session.ID, Epochs: token.Epochs(current.Stamp),
		ID: u.ID, Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, Image: u.Image,
		CreatedAt: date(u.CreatedAt), UpdatedAt: date(u.UpdatedAt), TwoFactorEnabled: u.TwoFactorEnabled,
		Role: u.Role(), Banned: u.Banned, BanReason: u.BanReason,
		Username: u.Username, DisplayUsername: u.DisplayName,
		IsAnonymous: u.Anonymous, PhoneNumber: u.PhoneNumber, PhoneVerified: u.PhoneVerified(),
	}
	if u.BanExpires != nil {
		expires := date(*u.BanExpires)
		claims.BanExpires = &expires
	}
	if current.Session.Impersonated() {
		claims.Actor = &token.Actor{Subject: current.Session.Impersonation.By}
	}
	return claims
}

func date(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
