package config_test

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/config"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

type color string

func (c *color) Decode(value string) error {
	if value != "red" && value != "blue" {
		return errors.New("must be red or blue")
	}
	*c = color(value)
	return nil
}

type every struct {
	Text     string         `envconfig:"TEXT" default:"plain" desc:"a text"`
	Switch   bool           `envconfig:"SWITCH" desc:"a switch"`
	Count    int32          `envconfig:"COUNT" default:"8" desc:"a number"`
	Size     uint8          `envconfig:"SIZE" desc:"a small number"`
	Wait     time.Duration  `envconfig:"WAIT" default:"30s" desc:"a time"`
	Names    []string       `envconfig:"NAMES" desc:"a list"`
	Networks []netip.Prefix `envconfig:"NETWORKS" desc:"networks"`
	Home     *url.URL       `envconfig:"HOME_URL" desc:"a URL"`
	Color    color          `envconfig:"COLOR" default:"red" desc:"a colour"`
	Address  netip.Addr     `envconfig:"ADDRESS" desc:"one address"`
	Key      secret.Text    `envconfig:"KEY" desc:"a secret"`
	Nested   struct {
		Deep string `envconfig:"DEEP" desc:"a nested text"`
	} `envconfig:"NESTED"`
}

func TestLoad_Fills(t *testing.T) {
	t.Parallel()
	var got every
	err := config.Load(map[string]string{
		"SHOP_TEXT": " trimmed ", "SHOP_SWITCH": "On", "SHOP_COUNT": "-3", "SHOP_SIZE": "255", "SHOP_WAIT": "1m30s",
		"SHOP_NAMES": " a, ,b c,", "SHOP_NETWORKS": "10.0.0.0/8, 2001:db8::/32", "SHOP_HOME_URL": "https://example.com/x",
		"SHOP_COLOR": "blue", "SHOP_ADDRESS": "192.0.2.1", "SHOP_KEY": " k y \n", "SHOP_NESTED_DEEP": "down",
	}, "SHOP", &got)
	if err != nil {
		t.Fatal(err)
	}
	want := every{
		Text: "trimmed", Switch: true, Count: -3, Size: 255, Wait: 90 * time.Second,
		Names: []string{"a", "b c"}, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")},
		Home: &url.URL{Scheme: "https", Host: "example.com", Path: "/x"}, Color: "blue",
		Address: netip.MustParseAddr("192.0.2.1"), Key: " k y ",
	}
	want.Nested.Deep = "down"
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("loaded (-want +got):\n%s", diff)
	}
}

func TestLoad_Defaults(t *testing.T) {
	t.Parallel()
	t.Run("takes defaults for missing and for empty variables", func(t *testing.T) {
		t.Parallel()
		got := every{Names: []string{"kept"}}
		if err := config.Load(map[string]string{"SHOP_TEXT": "", "SHOP_WAIT": " ", "SHOP_KEY": "\n"}, "SHOP", &got); err != nil {
			t.Fatal(err)
		}
		if got.Text != "plain" || got.Count != 8 || got.Wait != 30*time.Second || got.Color != "red" || got.Key != "" {
			t.Errorf("got %+v", got)
		}
		if diff := cmp.Diff([]string{"kept"}, got.Names); diff != "" {
			t.Errorf("a field without default changed (-want +got):\n%s", diff)
		}
		if got.Home == nil || got.Home.String() != "" {
			t.Errorf("unset URL: got %v, want an empty one", got.Home)
		}
	})
	t.Run("takes a lone comma for the empty list", func(t *testing.T) {
		t.Parallel()
		var got struct {
			Names []string `envconfig:"NAMES" default:"a,b"`
		}
		if err := config.Load(map[string]string{"SHOP_NAMES": ","}, "SHOP", &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Names) != 0 {
			t.Errorf("got %q, want none", got.Names)
		}
	})
	t.Run("does not read a variable without the prefix", func(t *testing.T) {
		t.Parallel()
		var got every
		if err := config.Load(map[string]string{"TEXT": "stray"}, "SHOP", &got); err != nil {
			t.Fatal(err)
		}
		if got.Text != "plain" {
			t.Errorf("got %q, want the default", got.Text)
		}
	})
}

func TestLoad_Faults(t *testing.T) {
	t.Parallel()
	const canary = "c4n4ry"
	tests := map[string]string{
		"SWITCH":   "SHOP_SWITCH must be on or off",
		"COUNT":    "SHOP_COUNT must be a whole number",
		"SIZE":     "SHOP_SIZE must be a whole number, zero or above",
		"WAIT":     "SHOP_WAIT must be a duration such as 500ms, 30s, 15m or 24h",
		"NETWORKS": "SHOP_NETWORKS is a list separated by commas; item 1 must be a network such as 10.0.0.0/8 or 2001:db8::/32; a single address is 192.0.2.1/32",
		"HOME_URL": "SHOP_HOME_URL must be an absolute URL such as https://www.example.com",
		"COLOR":    "SHOP_COLOR must be red or blue",
		"ADDRESS":  "SHOP_ADDRESS must be a valid netip.Addr",
	}
	environ := map[string]string{}
	for name, want := range tests {
		environ["SHOP_"+name] = canary
		t.Run("names the setting and what is expected: "+name, func(t *testing.T) {
			t.Parallel()
			err := config.Load(map[string]string{"SHOP_" + name: canary}, "SHOP", &every{})
			if err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
	t.Run("reports all at once and repeats no value", func(t *testing.T) {
		t.Parallel()
		err := config.Load(environ, "SHOP", &every{})
		if err == nil {
			t.Fatal("got no error")
		}
		if lines := strings.Count(err.Error(), "\n") + 1; lines != len(tests) {
			t.Errorf("got %d lines, want %d:\n%v", lines, len(tests), err)
		}
		if strings.Contains(err.Error(), canary) {
			t.Errorf("a value is repeated:\n%v", err)
		}
	})
}

func TestLoad_Refuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		environ map[string]string
		spec    any
		want    string
	}{
		{"a missing required setting", nil, &struct {
			Name string `envconfig:"NAME" required:"true" desc:"what to call it"`
		}{}, "SHOP_NAME is missing: what to call it"},
		{"a missing required secret", nil, &struct {
			Key secret.Text `envconfig:"KEY" required:"true"`
		}{}, "SHOP_KEY is missing"},
		{"a negative duration", map[string]string{"SHOP_WAIT": "-1s"}, &every{}, "SHOP_WAIT must be a duration such as 500ms, 30s, 15m or 24h"},
		{"a number that does not fit", map[string]string{"SHOP_SIZE": "256"}, &every{}, "SHOP_SIZE must be a smaller number: this one does not fit"},
		{"a signed number that does not fit", map[string]string{"SHOP_COUNT": "3000000000"}, &every{}, "SHOP_COUNT must be a smaller number: this one does not fit"},
		{"a relative URL", map[string]string{"SHOP_HOME_URL": "/x"}, &every{}, "SHOP_HOME_URL must be an absolute URL such as https://www.example.com"},
		{"a type that settings cannot have", map[string]string{"SHOP_RATIO": "0.5"}, &struct {
			Ratio float64 `envconfig:"RATIO"`
		}{}, "SHOP_RATIO has the type float64, which settings cannot have"},
		{"a spec that is no pointer", nil, every{}, "gather settings of config_test.every: specification must be a struct pointer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := config.Load(tt.environ, "SHOP", tt.spec)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	for _, seed := range []string{"", "on", "12", "1h", "a,b", "10.0.0.0/8", "https://example.com", "red", "::1", ",", "%", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, name := range []string{"TEXT", "SWITCH", "COUNT", "SIZE", "WAIT", "NAMES", "NETWORKS", "HOME_URL", "COLOR", "ADDRESS", "KEY"} {
			var got every
			err := config.Load(map[string]string{"SHOP_" + name: value}, "SHOP", &got)
			if err != nil && !strings.HasPrefix(err.Error(), "SHOP_"+name+" ") {
				t.Errorf("%s: the error does not begin with the name: %v", name, err)
			}
			if got.Wait < 0 {
				t.Errorf("accepted a negative duration %q", value)
			}
		}
	})
}
