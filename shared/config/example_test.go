package config_test

import (
	"fmt"
	"os"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/config"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func Example() {
	type settings struct {
		Timeout time.Duration `envconfig:"TIMEOUT" default:"10s" desc:"how long a call may take"`
		Key     secret.Text   `envconfig:"KEY" required:"true" desc:"the key of the shop"`
	}
	var s settings
	fmt.Println(config.Load(map[string]string{"SHOP_TIMEOUT": "soon"}, "SHOP", &s))
	fmt.Println(config.Load(map[string]string{"SHOP_KEY": "0x5eed"}, "SHOP", &s), s.Timeout, s.Key)
	fmt.Println(config.Unknown("SHOP", []string{"SHOP_TIMOUT=1s"}, &s))
	_ = config.Describe(os.Stdout, "SHOP", &s)
	// Output:
	// SHOP_TIMEOUT must be a duration such as 500ms, 30s, 15m or 24h
	// SHOP_KEY is missing: the key of the shop
	// <nil> 10s [redacted]
	// [SHOP_TIMOUT is not a setting; did you mean SHOP_TIMEOUT?]
	// SETTING           DEFAULT    MEANING
	// SHOP_TIMEOUT      10s        how long a call may take
	// SHOP_KEY[_FILE]   required   the key of the shop
}
