package httpapi

import (
	"fmt"
	"maps"
	"slices"
)

// nested lists what is wrong with a value that holds others.
func (f field) nested(where string, value any) []string {
	if items, ok := value.([]any); ok && f.kind == list {
		return itemIssues(where, items)
	}
	members, ok := value.(map[string]any)
	if !ok || f.kind == list {
		return []string{fmt.Sprintf("[%s] %s", where, f.issue(value, true))}
	}
	var issues []string
	if f.kind == object {
		return fieldIssues(where, f.members, members)
	}
	if f.kind == texts {
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if got := typeName(members[name]); got != "string" {
				issues = append(issues, fmt.Sprintf("[%s.%s] Invalid input: expected string, received %s", where, name, got))
			}
		}
	}
	if len(issues) == 0 && f.refuse != nil {
		if issue := f.refuse(members); issue != "" {
			issues = append(issues, fmt.Sprintf("[%s] %s", where, issue))
		}
	}
	return issues
}

func itemIssues(where string, items []any) []string {
	var issues []string
	for i, item := range items {
		if got := typeName(item); got != "string" {
			issues = append(issues, fmt.Sprintf("[%s.%d] Invalid input: expected string, received %s", where, i, got))
		}
	}
	return issues
}

// list returns a member that is a list of strings.
func (v values) list(name string) []string {
	items, _ := v[name].([]any)
	var all []string
	for _, item := range items {
		if s, ok := item.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// texts returns a member that is an object of strings.
func (v values) texts(name string) map[string]string {
	members, _ := v[name].(map[string]any)
	all := make(map[string]string, len(members))
	for key, value := range members {
		if s, ok := value.(string); ok {
			all[key] = s
		}
	}
	return all
}

// object returns a member that is an object, and whether there is one.
func (v values) object(name string) (values, bool) {
	members, ok := v[name].(map[string]any)
	return members, ok
}
