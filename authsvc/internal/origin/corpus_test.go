package origin_test

import (
	"encoding/json"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/origin"
)

var update = flag.Bool("update", false, "write testdata/stricter.txt anew")

// corpus is what the reference server's own matcher decides; testdata/corpus.mjs writes it.
type corpus struct {
	Trusted []string
	Rows    []struct {
		URL    string
		Link   bool // followed as a callback
		Source bool // accepted as Origin or Referer
	}
}

func readCorpus(t testing.TB) corpus {
	t.Helper()
	text, err := os.ReadFile("testdata/corpus.json")
	if err != nil {
		t.Fatal(err)
	}
	var c corpus
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestPolicy_Corpus compares hundreds of forms with the reference (past vulnerabilities 41,
// GHSA-vp58-j275-797x, and 72, CVE-2020-15234 and others). We accept nothing that it
// refuses; what we refuse and it accepts is listed in testdata/stricter.txt.
//
// Covers ASVS V1.2.2, V3.7.2.
func TestPolicy_Corpus(t *testing.T) {
	t.Parallel()
	c := readCorpus(t)
	policy := origin.New("https://own.example", c.Trusted)
	var stricter strings.Builder
	accepted := 0
	for _, row := range c.Rows {
		link := policy.Link(row.URL)
		source := policy.CheckForm(origin.Request{Method: "POST", Origin: row.URL, SecFetchSite: "cross-site"}) == nil
		if link && !row.Link || source && !row.Source {
			t.Errorf("%q: link %t, source %t; the reference says %t, %t", row.URL, link, source, row.Link, row.Source)
		}
		if !link && row.Link || !source && row.Source {
			stricter.WriteString(strconv.Quote(row.URL) + "\n")
		}
		if link {
			accepted++
		}
	}
	if len(c.Rows) < 200 || accepted < 40 {
		t.Errorf("%d forms, %d of them accepted: too few to prove anything", len(c.Rows), accepted)
	}
	if *update {
		if err := os.WriteFile("testdata/stricter.txt", []byte(stricter.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/stricter.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), stricter.String()); diff != "" {
		t.Errorf("forms that only the reference accepts (-want +got):\n%s", diff)
	}
}
