package httpapi

import (
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/admin"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// rolesOf reads roles: a text with commas, or a list of such.
func rolesOf(value any) *admin.Roles {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	roles := &admin.Roles{Names: []string{}}
	for _, entry := range list {
		text, ok := entry.(string)
		roles.Malformed = roles.Malformed || !ok
		for name := range strings.SplitSeq(text, ",") {
			if name = strings.TrimSpace(name); name != "" {
				roles.Names = append(roles.Names, name)
			}
		}
	}
	return roles
}

// changeReader reads the members of a change, and remembers the first that cannot be.
type changeReader struct {
	members map[string]any
	wrong   error
}

func (r *changeReader) has(name string) bool {
	_, has := r.members[name]
	return has
}

func (r *changeReader) refuse(name, wanted string) {
	if r.wrong == nil {
		message := "[body.data." + name + "] Invalid input: expected " + wanted + ", received " + typeName(r.members[name])
		r.wrong = fault.New(fault.Invalid, "VALIDATION_ERROR", message)
	}
}

// text reads a member that is a text; null is the empty text where the protocol allows it.
func (r *changeReader) text(name string, nullable bool) *string {
	switch value := r.members[name].(type) {
	case string:
		if len(value) > maxName && name != "image" || cleanText(value) != value {
			r.refuse(name, "a short text without control characters")
		}
		return &value
	case nil:
		if !r.has(name) {
			return nil
		}
		if nullable {
			return new("")
		}
	}
	r.refuse(name, "string")
	return nil
}

func (r *changeReader) flag(name string) *bool {
	if !r.has(name) {
		return nil
	}
	value, ok := r.members[name].(bool)
	if !ok {
		r.refuse(name, "boolean")
		return nil
	}
	return &value
}

// time reads a member that is a point in time, as JSON writes it.
func (r *changeReader) time(name string) *time.Time {
	text, _ := r.members[name].(string)
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		r.refuse(name, "date")
		return nil
	}
	return &at
}

// changesOf reads the record of a change. What it does not know it leaves out, as the
// protocol does.
func changesOf(members map[string]any) admin.Changes {
	r := &changeReader{members: members}
	c := admin.Changes{
		Name: r.text("name", false), Username: r.text("username", true), DisplayUsername: r.text("displayUsername", true),
		PhoneNumber: r.text("phoneNumber", true), PhoneNumberVerified: r.flag("phoneNumberVerified"),
		EmailVerified: r.flag("emailVerified"), RemoveFactor: members["twoFactorEnabled"] == false,
		None: len(members) == 0, Password: r.has("password"), ID: r.has("id"),
	}
	if image := r.text("image", true); image != nil && *image != "" {
		c.Image = image
	} else {
		c.ClearImage = r.has("image")
	}
	if r.has("email") {
		c.Email = new(coerced(members["email"]))
	}
	if r.has("role") {
		c.Roles = rolesOf(members["role"])
	}
	if r.has("banned") || r.has("banReason") || r.has("banExpires") {
		c.Ban = r.ban()
	}
	if r.wrong == nil {
		r.wrong = checkUsername(members)
	}
	c.Malformed = r.wrong
	return c
}

func (r *changeReader) ban() *admin.BanChange {
	b := &admin.BanChange{Banned: r.flag("banned"), Reason: r.text("banReason", true)}
	if b.Reason != nil && *b.Reason == "" {
		b.Reason, b.ClearReason = nil, true
	}
	if r.has("banExpires") {
		if r.members["banExpires"] == nil {
			b.ClearUntil = true
		} else {
			b.Until = r.time("banExpires")
		}
	}
	return b
}
