package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/config"
)

var update = flag.Bool("update", false, "rewrite the golden files")

type delivery struct {
	Carrier string `envconfig:"CARRIER" required:"true" desc:"who brings it: a|b"`
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	specs := []any{&every{}, &again{}, config.Section{Prefix: "SHOP_DELIVERY", Spec: &delivery{}}}
	for name, write := range map[string]func(*strings.Builder) error{
		"terminal.txt": func(w *strings.Builder) error { return config.Describe(w, "SHOP", specs...) },
		"markdown.md":  func(w *strings.Builder) error { return config.DescribeMarkdown(w, "SHOP", specs...) },
	} {
		t.Run("lists every setting once, in order: "+name, func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", name), got.String())
		})
	}
}

// again declares a setting of every a second time, in the same words.
type again struct {
	Text string `envconfig:"TEXT" default:"plain" desc:"a text"`
}

func TestDescribe_Refuses(t *testing.T) {
	t.Parallel()
	t.Run("a setting without a meaning", func(t *testing.T) {
		t.Parallel()
		err := config.Describe(&strings.Builder{}, "SHOP", &struct{ Name string }{})
		if err == nil || err.Error() != "SHOP_NAME has no desc tag: say what it means" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("two meanings of one setting", func(t *testing.T) {
		t.Parallel()
		err := config.Describe(&strings.Builder{}, "SHOP", &every{}, &struct {
			Text string `envconfig:"TEXT" desc:"another text"`
		}{})
		if err == nil || err.Error() != "SHOP_TEXT is declared twice, with different tags" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a spec that is no pointer", func(t *testing.T) {
		t.Parallel()
		if err := config.Describe(&strings.Builder{}, "SHOP", nil); err == nil {
			t.Error("got no error")
		}
	})
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it):\n%s", path, diff)
	}
}
