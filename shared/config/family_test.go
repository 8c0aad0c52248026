package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/config"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

type shop struct {
	URL   string      `envconfig:"URL" required:"true" desc:"where it is"`
	Key   secret.Text `envconfig:"KEY" desc:"its key"`
	Sells []string    `envconfig:"SELLS" default:"bread" desc:"what it sells"`
}

type chain struct {
	Name  string           `envconfig:"NAME" desc:"a name"`
	Shops map[string]*shop `envconfig:"SHOPS" each:"SHOP" desc:"names of the shops"`
}

func TestLoad_Family(t *testing.T) {
	t.Parallel()
	t.Run("reads the settings of each of them", func(t *testing.T) {
		t.Parallel()
		var got chain
		err := config.Load(map[string]string{
			"X_SHOPS": "north, south-east", "X_SHOP_NORTH_URL": "a", "X_SHOP_NORTH_KEY": "k", "X_SHOP_SOUTH_EAST_URL": "b", "X_SHOP_SOUTH_EAST_SELLS": "c,d",
		}, "X", &got)
		want := chain{Shops: map[string]*shop{
			"north": {URL: "a", Key: "k", Sells: []string{"bread"}}, "south-east": {URL: "b", Sells: []string{"c", "d"}},
		}}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
	t.Run("may be empty", func(t *testing.T) {
		t.Parallel()
		for _, environ := range []map[string]string{nil, {}, {"X_SHOPS": ""}} {
			var got chain
			if err := config.Load(environ, "X", &got); err != nil || len(got.Shops) != 0 {
				t.Errorf("%v: %v, %v", environ, got, err)
			}
		}
	})
	t.Run("names what is wrong in one sentence", func(t *testing.T) {
		t.Parallel()
		for want, environ := range map[string]map[string]string{
			"X_SHOP_NORTH_URL is missing": {"X_SHOPS": "north"},
			"X_SHOPS is a list of names":  {"X_SHOPS": "North"},
			"X_SHOPS gives one name":      {"X_SHOPS": "north,north"},
		} {
			var got chain
			err := config.Load(environ, "X", &got)
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v: got %v, want %q", environ, err, want)
			}
		}
	})
}

func TestUnknown_Family(t *testing.T) {
	t.Parallel()
	got := config.Unknown("X", []string{"X_SHOPS=north", "X_SHOP_NORTH_URL=a", "X_SHOP_NORTH_KEY_FILE=k", "X_SHOP_NORTH_UR=a", "X_SHOP_SOUTH_URL=b"}, &chain{})
	want := []string{
		"X_SHOP_NORTH_UR is not a setting; did you mean X_SHOP_NORTH_URL?", "X_SHOP_SOUTH_URL is not a setting; did you mean X_SHOP_NORTH_URL?",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDescribe_Family(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := config.Describe(&out, "X", &chain{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"X_SHOPS ", "X_SHOP_<NAME>_URL ", "X_SHOP_<NAME>_KEY[_FILE] "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not described:\n%s", want, out.String())
		}
	}
}
