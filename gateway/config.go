package gateway

import (
	"fmt"
	"net/netip"

	"github.com/gatehouse-auth/gatehouse/shared/weborigin"
)

// Config is the gateway's part of the settings.
type Config struct {
	Addr           string   `envconfig:"HTTP_ADDR" default:":3000" desc:"the public listener"`
	TrustedOrigins []string `envconfig:"TRUSTED_ORIGINS" desc:"front ends, comma-separated: origins, https://*.example.com, or the scheme of an app (myapp://); development trusts http://localhost:3001"`
	TrustedProxies []string `envconfig:"TRUSTED_PROXIES" desc:"networks whose X-Forwarded-For counts, comma-separated, such as 10.0.0.0/8"`
	SessionCache   string   `envconfig:"SESSION_CACHE" default:"on" desc:"on keeps copies of sessions in memory, never out of date; off looks each one up"`
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
		if err := weborigin.CheckPattern(origin); err != nil {
			return nil, fmt.Errorf("GATEHOUSE_TRUSTED_ORIGINS: %q %w", origin, err)
		}
	}
	return origins, nil
}

func (c Config) proxies() ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, text := range c.TrustedProxies {
		network, err := netip.ParsePrefix(text)
		if address, plain := netip.ParseAddr(text); err != nil && plain == nil && address.Zone() == "" {
			network, err = address.Prefix(address.BitLen())
		}
		if err != nil || network.Addr().Is4In6() {
			return nil, fmt.Errorf("GATEHOUSE_TRUSTED_PROXIES: %q is not a network such as 10.0.0.0/8 or 2001:db8::/32", text)
		}
		networks = append(networks, network)
	}
	return networks, nil
}
