package test

import (
	"regexp"
	"testing"
)

// asvsRequirements is how many requirements of OWASP ASVS 5.0 at levels 1 and 2 can be
// judged over HTTP.
const asvsRequirements = 120

// TestASVS holds asvs.csv, which says of each requirement of OWASP ASVS 5.0, levels 1 and
// 2, that can be judged over HTTP how it is met; "make asvs" prints it.
func TestASVS(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^V\d+\.\d+\.\d+$`)
	const file = "asvs.csv"
	all := updateClaims(t, file, readClaims(t, file), func(p claim) []string { return []string{p.id} })
	seen, count := map[string]bool{}, map[string]int{}
	for _, p := range all {
		if !form.MatchString(p.id) || seen[p.id] {
			t.Errorf("%q is no requirement, or is there twice", p.id)
		}
		seen[p.id] = true
		what := p.names
		p.names = p.id // a test names the requirement; the words here are for people
		checkClaim(t, p, []string{covered, notCovered, notApplicable})
		count[p.state]++
		t.Logf("%-8s %-14s %s: %s", p.id, p.state, what, p.detail)
	}
	if len(all) != asvsRequirements {
		t.Errorf("there are %d requirements, want %d", len(all), asvsRequirements)
	}
	t.Logf("summary: ASVS 5.0, levels 1 and 2, over HTTP: %d covered, %d not covered, %d not applicable",
		count[covered], count[notCovered], count[notApplicable])
}
