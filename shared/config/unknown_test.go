package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/config"
)

func TestUnknown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		pair string
		want []string
	}{
		{"suggests the plural", "SHOP_NAME=x", []string{"SHOP_NAME is not a setting; did you mean SHOP_NAMES?"}},
		{"suggests the nearest of several", "SHOP_DELIVERY_CARRIRE=", []string{"SHOP_DELIVERY_CARRIRE is not a setting; did you mean SHOP_DELIVERY_CARRIER?"}},
		{"suggests the file form of a secret", "SHOP_KEY_FILES=x", []string{"SHOP_KEY_FILES is not a setting; did you mean SHOP_KEY_FILE?"}},
		{"suggests nothing when nothing is near", "SHOP_WAREHOUSES=x", []string{"SHOP_WAREHOUSES is not a setting"}},
		{"knows a setting", "SHOP_NAMES=x", nil},
		{"knows a nested setting", "SHOP_NESTED_DEEP=x", nil},
		{"knows the setting of a section", "SHOP_DELIVERY_CARRIER=x", nil},
		{"knows the file form of a secret", "SHOP_KEY_FILE=x", nil},
		{"takes the file form of others for unknown", "SHOP_WAIT_FILE=x", []string{"SHOP_WAIT_FILE is not a setting"}},
		{"leaves variables without the prefix alone", "SHOPPING=x", nil},
		{"leaves the prefix itself alone", "SHOP=x", nil},
		{"leaves what Kubernetes sets alone: port", "SHOP_PORT=tcp://10.0.0.1:3000", nil},
		{"leaves what Kubernetes sets alone: host", "SHOP_SERVICE_HOST=10.0.0.1", nil},
		{"leaves what Kubernetes sets alone: named port", "SHOP_SERVICE_PORT_HTTP=3000", nil},
		{"leaves what Kubernetes sets alone: address", "SHOP_PORT_3000_TCP_ADDR=10.0.0.1", nil},
		{"reports a port that a person has set", "SHOP_PORT=8080", []string{"SHOP_PORT is not a setting"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := config.Unknown("SHOP", []string{tt.pair}, &every{}, config.Section{Prefix: "SHOP_DELIVERY", Spec: &delivery{}})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("sentences (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("sorts the sentences", func(t *testing.T) {
		t.Parallel()
		want := []string{"SHOP_XXXXXXXXXXX is not a setting", "SHOP_YYYYYYYYYYY is not a setting"}
		if diff := cmp.Diff(want, config.Unknown("SHOP", []string{"SHOP_YYYYYYYYYYY=", "SHOP_XXXXXXXXXXX="}, &every{})); diff != "" {
			t.Errorf("sentences (-want +got):\n%s", diff)
		}
	})
}
