package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// canary is what no output may hold, in any form.
const canary = "c4nary-S3CRET"

// forms are the canary and what formatting could turn it into.
func forms() []string {
	return []string{
		canary, strings.ToLower(canary), strings.ToUpper(canary),
		fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprintf("% x", canary), fmt.Sprint([]byte(canary)), "c4nary",
	}
}

func mustNotShow(t *testing.T, how, output string) {
	t.Helper()
	for _, form := range forms() {
		if strings.Contains(output, form) {
			t.Errorf("%s shows the secret: %s", how, output)
		}
	}
}

type nested struct {
	Name  string
	Text  secret.Text
	Root  secret.Root
	Texts []secret.Text
	ByKey map[string]secret.Text
	Any   any
	Next  *nested
}

func nest() nested {
	inner := nested{Text: canary, Any: secret.Text(canary)}
	return nested{
		Name: "visible", Text: canary, Root: secret.NewRoot(canary), Texts: []secret.Text{canary},
		ByKey: map[string]secret.Text{"k": canary}, Any: secret.NewRoot(canary), Next: &inner,
	}
}

// ASVS 5.0, V16.2.5: sensitive data never reaches a log.
func TestText_PrintsRedactedForEveryVerb(t *testing.T) {
	t.Parallel()
	text, root := secret.Text(canary), secret.NewRoot(canary)
	for verb := '!'; verb <= '~'; verb++ {
		if strings.ContainsRune("%+-# 0123456789.*[Tpw", verb) {
			continue // a flag; about type or address; %w is for errors, go vet refuses it elsewhere
		}
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "20", ".3", "+#"} {
			format := "%" + flags + string(verb)
			if got := fmt.Sprintf(format+format, text, root); got != "[redacted][redacted]" {
				t.Errorf("%s prints %s", format, got)
			}
			for name, value := range map[string]any{
				"*Text": &text, "*Root": &root, "slice": []secret.Text{canary}, "map": map[string]secret.Root{"k": root},
				"struct": struct{ Text secret.Text }{canary}, "error": fmt.Errorf("open %v: %w", text, errors.New("no")),
			} {
				mustNotShow(t, name+" with "+format, fmt.Sprintf(format, value))
			}
		}
	}
}

func TestText_PrintsRedactedInNestedValues(t *testing.T) {
	t.Parallel()
	value := nest()
	for _, format := range []string{"%v", "%+v", "%#v"} {
		mustNotShow(t, format, fmt.Sprintf(format, value))
		mustNotShow(t, format+" of a pointer", fmt.Sprintf(format, &value))
	}
	mustNotShow(t, "Println", fmt.Sprintln(value, &value))
	mustNotShow(t, "String", value.Text.String()+value.Text.GoString())
}

// fmt cannot call the methods of unexported fields, so a Root must hold nothing to print.
func TestRoot_StaysHiddenInUnexportedFields(t *testing.T) {
	t.Parallel()
	type holder struct {
		root secret.Root
		next *secret.Root
	}
	root := secret.NewRoot(canary)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		mustNotShow(t, format, fmt.Sprintf(format, holder{root, &root}))
		mustNotShow(t, format+" of a pointer", fmt.Sprintf(format, &holder{root, &root}))
	}
}

func TestText_EncodesRedacted(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(nest())
	if err != nil {
		t.Fatal(err)
	}
	mustNotShow(t, "JSON", string(encoded))
	if !strings.Contains(string(encoded), `"Text":"[redacted]"`) || !strings.Contains(string(encoded), "visible") {
		t.Errorf("JSON does not say that something is hidden: %s", encoded)
	}
	type document struct{ Text secret.Text }
	asXML, err := xml.Marshal(document{canary})
	if err != nil {
		t.Fatal(err)
	}
	mustNotShow(t, "XML", string(asXML))
}

func TestText_LogsRedacted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	text, root := secret.Text(canary), secret.NewRoot(canary)
	log := zerolog.New(&out)
	log.Info().Interface("text", text).Interface("root", root).Interface("nested", nest()).Any("any", &text).
		Stringer("stringer", text).Msgf("%s and %v", text, root)
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).Info("text", "text", text, "root", root, "group", slog.GroupValue(slog.Any("text", text)))
	}
	mustNotShow(t, "a log", out.String())
	if !strings.Contains(out.String(), "[redacted]") {
		t.Errorf("the logs do not say that something is hidden: %s", out.String())
	}
}

func TestText_RevealReturnsTheValue(t *testing.T) {
	t.Parallel()
	if got := secret.Text(canary).Reveal(); got != canary {
		t.Errorf("got %q", got)
	}
	if got := secret.NewRoot(canary).Text().Reveal(); got != canary {
		t.Errorf("the root's text is %q", got)
	}
}
