package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// A family is a field of the type map[string]*T, T being a struct of settings: as many of
// them as its own setting has names. Of the field
//
//	Shops map[string]*Shop `envconfig:"SHOPS" each:"SHOP" desc:"names of the shops"`
//
// PREFIX_SHOPS=north,south-east makes two, and the field URL of the second is read from
// PREFIX_SHOP_SOUTH_EAST_URL.

// nameForm is what a name can be, so that it fits into the name of a setting.
var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// placeholder stands for the name of one where settings are described.
const placeholder = "<NAME>"

func (s setting) family() bool {
	t := s.field.Type()
	return t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && t.Elem().Kind() == reflect.Pointer && t.Elem().Elem().Kind() == reflect.Struct
}

// withFamilies puts the settings of each one behind its family. The ones are those
// that environ names, or with a nil environ one whose name is the placeholder.
func withFamilies(prefix string, settings []setting, environ map[string]string) ([]setting, error) {
	var all []setting
	for _, s := range settings {
		all = append(all, s)
		if !s.family() {
			continue
		}
		names, err := s.names(environ)
		if err != nil {
			continue // load reports it
		}
		if environ == nil {
			names = []string{placeholder}
		}
		s.field.Set(reflect.MakeMap(s.field.Type()))
		for _, name := range names {
			one := reflect.New(s.field.Type().Elem().Elem())
			s.field.SetMapIndex(reflect.ValueOf(name).Convert(s.field.Type().Key()), one)
			found, err := gatherOwn(eachPrefix(prefix, s.tags.Get("each"), name), one.Interface())
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
	}
	return all, nil
}

func eachPrefix(prefix, each, name string) string {
	return prefix + "_" + each + "_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// names returns the names that a family has in environ.
func (s setting) names(environ map[string]string) ([]string, error) {
	value, _ := lookup(environ, s.name)
	var names []string
	if err := parse(reflect.ValueOf(&names).Elem(), value); err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for _, name := range names {
		own := eachPrefix("", "", name)
		switch {
		case !nameForm.MatchString(name):
			return nil, fmt.Errorf("%s is a list of names separated by commas, of a-z, 0-9 and dashes", s.name)
		case taken[own]:
			return nil, fmt.Errorf("%s gives one name twice", s.name)
		}
		taken[own] = true
	}
	return names, nil
}
