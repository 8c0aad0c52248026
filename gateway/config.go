package gateway

import (
	"fmt"
	"net/netip"
	"net/url"
)

// Config is the gateway's part of the settings.
type Config struct {
	Addr           string   `envconfig:"HTTP_ADDR" default:":3000" desc:"the public listener"`
	TrustedOrigins []string `envconfig:"TRUSTED_ORIGINS" desc:"origins of front ends, comma-separated; development trusts http://localhost:3001"`
	TrustedProxies []string `envconfig:"TRUSTED_PROXIES" desc:"networks whose X-Forwarded-For counts, comma-separated, such as 10.0.0.0/8"`
	TLSCert        string   `envconfig:"TLS_CERT" desc:"file of the certificate chain (PEM); empty: plain HTTP, for behind a proxy"`
	TLSKey         string   `envconfig:"TLS_KEY" desc:"file of the certificate's private key (PEM)"`
}

// developmentOrigin is where a front end runs that was just created.
const developmentOrigin = "http://localhost:3001"

func (c Config) origins(development bool) ([]string, error) {
	origins := c.TrustedOrigins
	if len(origins) == 0 && development {
		origins = []string{developmentOrigin}
	}
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != origin {
			return nil, fmt.Errorf("GATEHOUSE_TRUSTED_ORIGINS: %q is not an origin such as https://app.example.com (no path, no trailing slash)", origin)
		}
	}
	return origins, nil
}

func (c Config) proxies() ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, text := range c.TrustedProxies {
		network, err := netip.ParsePrefix(text)
		if address, plain := netip.ParseAddr(text); err != nil && plain == nil {
			network, err = address.Prefix(address.BitLen())
		}
		if err != nil {
			return nil, fmt.Errorf("GATEHOUSE_TRUSTED_PROXIES: %q is not a network such as 10.0.0.0/8", text)
		}
		networks = append(networks, network)
	}
	return networks, nil
}
