package social

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

const (
	maxName  = 256 // characters, as identity has it
	maxImage = 2048
)

// shownName is a provider's name for somebody, as a user can have it.
func shownName(name string) string {
	name = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(name, ""))
	if characters := []rune(name); len(characters) > maxName {
		name = string(characters[:maxName])
	}
	return strings.TrimSpace(name)
}

// shownImage is a provider's image of somebody: an address on the web, "" for anything else.
func shownImage(image string) string {
	u, err := url.Parse(image)
	if err != nil || len(image) > maxImage || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return ""
	}
	return image
}

// merged is the account with what a provider has sent anew. Scopes only grow: an answer may
// name fewer than are granted.
func merged(current linked.Account, g Grant) linked.Account {
	for _, token := range []struct{ into, sent *secret.Text }{
		{&current.Tokens.Access, &g.Tokens.Access}, {&current.Tokens.Refresh, &g.Tokens.Refresh}, {&current.Tokens.ID, &g.Tokens.ID},
	} {
		if *token.sent != "" {
			*token.into = *token.sent
		}
	}
	if g.Tokens.Access != "" {
		current.Tokens.AccessExpires = g.Tokens.AccessExpires
	}
	if g.Tokens.RefreshExpires != nil {
		current.Tokens.RefreshExpires = g.Tokens.RefreshExpires
	}
	current.Scope = slices.Clone(current.Scope)
	for _, scope := range g.Scope {
		if !slices.Contains(current.Scope, scope) {
			current.Scope = append(current.Scope, scope)
		}
	}
	return current
}
