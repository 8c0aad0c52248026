package config

import (
	"regexp"
	"slices"
	"strings"
)

// Unknown returns one sentence for each variable of environ (NAME=VALUE pairs, as
// os.Environ has them) that begins with the prefix and that no spec reads, with the
// nearest setting as a suggestion, sorted. Variables that Kubernetes adds for services
// of the same name are not counted. A spec that is not a pointer
// to a struct gives the one sentence that says so.
func Unknown(prefix string, environ []string, specs ...any) []string {
	settings, err := gatherAll(prefix, specs, variables(environ))
	if err != nil {
		return []string{err.Error()}
	}
	var known []string
	for _, s := range settings {
		known = append(known, s.name)
		if s.secret() {
			known = append(known, s.name+fileSuffix)
		}
	}
	var sentences []string
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, prefix+"_") || slices.Contains(known, name) || serviceLink(name, value) {
			continue
		}
		sentence := name + " is not a setting"
		if near := nearest(name, known, len(prefix)+1); near != "" {
			sentence += "; did you mean " + near + "?"
		}
		sentences = append(sentences, sentence)
	}
	slices.Sort(sentences)
	return sentences
}

// variables reads NAME=VALUE pairs.
func variables(environ []string) map[string]string {
	all := make(map[string]string, len(environ))
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		all[name] = value
	}
	return all
}

// linkName matches what Kubernetes derives from the name of a service.
var linkName = regexp.MustCompile(`_(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// serviceLink reports whether a variable is one of those that Kubernetes sets in every
// container for every service of the namespace.
func serviceLink(name, value string) bool {
	return linkName.MatchString(name) || strings.HasSuffix(name, "_PORT") && strings.HasPrefix(value, "tcp://")
}

// nearest returns the known name with the fewest edits from name, or "" if even that
// one differs in more than a third of what follows the prefix.
func nearest(name string, known []string, prefix int) string {
	best, fewest := "", max(2, (len(name)-prefix)/3)+1
	for _, candidate := range known {
		if edits := distance(name, candidate); edits < fewest {
			best, fewest = candidate, edits
		}
	}
	return best
}

// distance is the Levenshtein distance: insertions, deletions and replacements of bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			edits := diagonal
			if a[i] != b[j] {
				edits++
			}
			diagonal = row[j+1]
			row[j+1] = min(edits, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
