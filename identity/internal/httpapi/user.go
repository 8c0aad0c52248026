package httpapi

import (
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// userSummary is a user in a list: all but the image, which may be large.
type userSummary struct {
	ID                  string     `json:"id"`
	Email               string     `json:"email"`
	EmailVerified       bool       `json:"email_verified"`
	Name                string     `json:"name"`
	Username            *string    `json:"username"`
	DisplayUsername     *string    `json:"display_username"`
	PhoneNumber         *string    `json:"phone_number"`
	PhoneNumberVerified bool       `json:"phone_number_verified"`
	Anonymous           bool       `json:"anonymous"`
	Locale              *string    `json:"locale"` // BCP 47
	Roles               []string   `json:"roles"`
	Banned              bool       `json:"banned"`
	BanReason           *string    `json:"ban_reason"`
	BanExpires          *time.Time `json:"ban_expires"`
	CreatedAt           time.Time  `json:"created_at"`
	UpdatedAt           time.Time  `json:"updated_at"`
}

type userDetail struct {
	userSummary
	Image *string `json:"image"`
}

type userPage struct {
	Users []userSummary `json:"users"`
	Next  string        `json:"next,omitempty"` // cursor; absent on the last page
}

func (a *API) listUsers(w http.ResponseWriter, r *http.Request) error {
	subject, err := caller(r)
	if err != nil {
		return err
	}
	values, err := query(r, "email", "limit", "cursor")
	if err != nil {
		return err
	}
	size, err := limit(values)
	if err != nil {
		return err
	}
	prefix := values.Get("email")
	list := "users:" + prefix
	after, err := a.cursors.Open(list, values.Get("cursor"))
	if err != nil {
		return err
	}
	found, err := a.users.List(r.Context(), subject, user.Query{Prefix: prefix, After: after, Max: size + 1})
	if err != nil {
		return err
	}
	answer := userPage{Users: []userSummary{}}
	if len(found) > size {
		found = found[:size]
		answer.Next = a.cursors.Seal(list, found[size-1].Email)
	}
	for _, u := range found {
		answer.Users = append(answer.Users, summary(u))
	}
	return httpx.WriteJSON(w, answer)
}

func (a *API) findUser(w http.ResponseWriter, r *http.Request) error {
	subject, err := caller(r)
	if err != nil {
		return err
	}
	id, err := pathUser(r)
	if err != nil {
		return err
	}
	found, err := a.users.Inspect(r.Context(), subject, id)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, detail(found))
}

func detail(u user.User) userDetail { return userDetail{summary(u), u.Image} }

func summary(u user.User) userSummary {
	s := userSummary{
		ID: string(u.ID), Email: u.Email, EmailVerified: u.EmailVerified, Name: u.Name,
		Username: u.Username, DisplayUsername: u.DisplayUsername,
		PhoneNumber: u.PhoneNumber, PhoneNumberVerified: u.PhoneNumberVerified, Anonymous: u.Anonymous,
		Roles: u.Roles, Banned: u.Banned, BanReason: u.BanReason, BanExpires: u.BanExpires,
		CreatedAt: u.CreatedAt.UTC(), UpdatedAt: u.UpdatedAt.UTC(),
	}
	if u.Locale != "" {
		s.Locale = &u.Locale
	}
	return s
}
