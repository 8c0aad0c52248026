package user

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProfile_normalised(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		given Profile
		want  error
	}{
		{"takes an empty name", Profile{}, nil},
		{"counts characters, not bytes", Profile{Name: strings.Repeat("é", maxName)}, nil},
		{"takes the largest image", Profile{Image: new(strings.Repeat("x", maxImage))}, nil},
		{"refuses a long name", Profile{Name: strings.Repeat("x", maxName+1)}, ErrProfile},
		{"refuses NUL in a name", Profile{Name: "a\x00b"}, ErrProfile},
		{"refuses bytes that are no UTF-8", Profile{Name: "\xff"}, ErrProfile},
		{"refuses a large image", Profile{Image: new(strings.Repeat("x", maxImage+1))}, ErrProfile},
		{"takes language tags", Profile{Locale: "de-CH-1996"}, nil},
		{"refuses what is no language tag", Profile{Locale: "de_CH"}, ErrProfile},
		{"refuses NUL in a username", Profile{Username: new("a\x00")}, ErrProfile},
		{"refuses a long phone number", Profile{PhoneNumber: new(strings.Repeat("1", maxPhone+1))}, ErrProfile},
		{"refuses NUL in an image", Profile{Image: new("\x00")}, ErrProfile},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := c.given.normalised(); !errors.Is(err, c.want) {
				t.Errorf("normalised: %v; want %v", err, c.want)
			}
		})
	}
}

func TestProfile_normalisedForm(t *testing.T) {
	t.Parallel()
	got, err := Profile{Username: new("ÄDA"), DisplayUsername: new("Ädä"), PhoneNumber: new("")}.normalised()
	if err != nil {
		t.Fatal(err)
	}
	if want := (Profile{Username: new("äda"), DisplayUsername: new("Ädä")}); !cmp.Equal(want, got) {
		t.Error(cmp.Diff(want, got))
	}
}
