package user

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Profile is what users say about themselves.
type Profile struct {
	Name            string
	Image           *string // a URL or a data URL
	Username        *string // lower case
	DisplayUsername *string // as its owner spells it
	PhoneNumber     *string // as given
	Anonymous       bool
	Locale          string // BCP 47; empty: unset
}

// Limits of a profile. An image may be a data URL, hence its size.
const (
	maxName   = 256      // characters, of usernames too
	maxImage  = 64 << 10 // bytes
	maxPhone  = 64       // characters
	maxReason = 1000     // characters of a ban's reason
)

// localePattern is the shape of language tags (RFC 5646, section 2.1), of maxSubtags at most.
var localePattern = regexp.MustCompile(`^([A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*)?$`)

const maxSubtags = 8

func isLocale(text string) bool {
	return strings.Count(text, "-") < maxSubtags && localePattern.MatchString(text)
}

// normalised returns the profile as it is stored, or ErrProfile if it cannot be.
func (p Profile) normalised() (Profile, error) {
	if !fits(p.Name, maxName) || !isLocale(p.Locale) {
		return Profile{}, ErrProfile
	}
	if p.Image != nil && (!storable(*p.Image) || len(*p.Image) > maxImage) {
		return Profile{}, ErrProfile
	}
	for _, text := range []struct {
		field **string
		max   int
	}{{&p.Username, maxName}, {&p.DisplayUsername, maxName}, {&p.PhoneNumber, maxPhone}} {
		switch value := *text.field; {
		case value == nil:
		case !fits(*value, text.max):
			return Profile{}, ErrProfile
		case *value == "":
			*text.field = nil
		}
	}
	if p.Username != nil {
		p.Username = new(strings.ToLower(*p.Username))
	}
	return p, nil
}

// fits reports whether text can be stored and has at most so many characters.
func fits(text string, characters int) bool {
	return storable(text) && utf8.RuneCountInString(text) <= characters
}

// storable reports whether PostgreSQL can keep text: UTF-8 without NUL.
func storable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}
