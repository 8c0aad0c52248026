package config

import (
	"encoding"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// decoder is what a type implements to read itself from a setting, as in envconfig.
type decoder interface{ Decode(value string) error }

// parse reads text into the field. Its errors complete a sentence that begins with the
// setting's name, and never repeat the text.
func parse(field reflect.Value, text string) error {
	switch target := field.Addr().Interface().(type) {
	case decoder:
		return target.Decode(text)
	case *time.Duration:
		return parseDuration(target, text)
	case *url.URL:
		return parseURL(target, text)
	case *netip.Prefix:
		return parseNetwork(target, text)
	case encoding.TextUnmarshaler:
		if target.UnmarshalText([]byte(text)) != nil {
			return fmt.Errorf("must be a valid %s", field.Type())
		}
		return nil
	}
	return parseKind(field, text)
}

func parseKind(field reflect.Value, text string) error {
	switch field.Kind() { //nolint:exhaustive // the others are refused below
	case reflect.String:
		field.SetString(text)
		return nil
	case reflect.Bool:
		return parseBool(field, text)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return parseInt(field, text)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return parseUint(field, text)
	case reflect.Slice:
		return parseList(field, text)
	}
	return fmt.Errorf("has the type %s, which settings cannot have", field.Type())
}

func parseBool(field reflect.Value, text string) error {
	switch strings.ToLower(text) {
	case "true", "on", "yes", "1":
		field.SetBool(true)
	case "false", "off", "no", "0":
		field.SetBool(false)
	default:
		return errors.New("must be on or off")
	}
	return nil
}

func parseInt(field reflect.Value, text string) error {
	number, err := strconv.ParseInt(text, 10, field.Type().Bits())
	if errors.Is(err, strconv.ErrRange) {
		return errors.New("must be a smaller number: this one does not fit")
	}
	if err != nil {
		return errors.New("must be a whole number")
	}
	field.SetInt(number)
	return nil
}

func parseUint(field reflect.Value, text string) error {
	number, err := strconv.ParseUint(text, 10, field.Type().Bits())
	if errors.Is(err, strconv.ErrRange) {
		return errors.New("must be a smaller number: this one does not fit")
	}
	if err != nil {
		return errors.New("must be a whole number, zero or above")
	}
	field.SetUint(number)
	return nil
}

func parseDuration(target *time.Duration, text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return errors.New("must be a duration such as 500ms, 30s, 15m or 24h")
	}
	*target = d
	return nil
}

func parseURL(target *url.URL, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return errors.New("must be an absolute URL such as https://www.example.com")
	}
	*target = *u
	return nil
}

func parseNetwork(target *netip.Prefix, text string) error {
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return errors.New("must be a network such as 10.0.0.0/8 or 2001:db8::/32; a single address is 192.0.2.1/32")
	}
	*target = network
	return nil
}

func parseList(field reflect.Value, text string) error {
	list := reflect.MakeSlice(field.Type(), 0, 0)
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		element := reflect.New(field.Type().Elem()).Elem()
		if err := parse(element, item); err != nil {
			return fmt.Errorf("is a list separated by commas; item %d %w", list.Len()+1, err)
		}
		list = reflect.Append(list, element)
	}
	field.Set(list)
	return nil
}
