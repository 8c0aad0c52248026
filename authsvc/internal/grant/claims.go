package grant

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
)

// clientClaims are the user's public fields, as the client protocol's JWT carries them.
func clientClaims(u account.User) map[string]any {
	claims := map[string]any{
		"id": u.ID, "name": u.Name, "email": u.Email, "emailVerified": u.EmailVerified, "image": u.Image,
		"createdAt": date(u.CreatedAt), "updatedAt": date(u.UpdatedAt), "twoFactorEnabled": u.TwoFactorEnabled,
		"role": u.Role(), "banned": u.Banned, "banReason": u.BanReason, "banExpires": nil,
		"username": u.Username, "displayUsername": u.DisplayName,
		"isAnonymous": u.Anonymous, "phoneNumber": u.PhoneNumber, "phoneNumberVerified": u.PhoneVerified(),
	}
	if u.BanExpires != nil {
		claims["banExpires"] = date(*u.BanExpires)
	}
	return claims
}

func date(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
